// Says on a page of the desk that sentences of a sitting still wait in this browser. Reads how many they are and whose,
// never what they say: that opens only for who wrote it, on the page of the sitting (sitting.js).

/** [{uuid, user, sitting, …}, …] of all that waits here; nothing where nothing was ever kept. */
function rows() {
  return new Promise((done) => {
    if (!globalThis.indexedDB) return done([]);
    const asked = indexedDB.open("hongji-sitting");
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is none, and none is made
    asked.onerror = () => done([]);
    asked.onsuccess = () => {
      const db = asked.result;
      const found = db.transaction("words").objectStore("words").getAll();
      found.onerror = () => done([]);
      found.onsuccess = () => done(found.result);
      found.transaction.oncomplete = () => db.close();
    };
  });
}

function said(mine, others, place) {
  const here = place.dataset.sitting ? "这次议事" : "这台电脑上";
  const parts = [];
  if (mine && place.dataset.sitting) parts.push(`这次议事还有 ${mine} 句在这台电脑上没有送，点“接着记”就送。`);
  else if (mine) parts.push(`这台电脑上还有 ${mine} 句议事的话没有送，打开那次议事就送。`);
  if (others) parts.push(`${here}还有别人记的 ${others} 句没有送，要他用自己的号在这台电脑上登录才送；写的是什么，别人看不到。`);
  return parts.join("");
}

async function tell(place) {
  const user = Number(place.dataset.user);
  const sitting = Number(place.dataset.sitting) || null;
  const waiting = (await rows().catch(() => [])).filter(
    (row) => !row.uuid.startsWith("draft-") && (!sitting || row.sitting === sitting),
  );
  const mine = "others" in place.dataset ? [] : waiting.filter((row) => row.user === user);
  const others = waiting.filter((row) => row.user !== user);
  place.hidden = !(mine.length || others.length);
  place.querySelector("p").textContent = said(mine.length, others.length, place);
  if (sitting || !mine.length) return;
  const link = document.createElement("a");
  link.href = place.dataset.url.replace("/0/", `/${mine[0].sitting}/`);
  link.textContent = "去送";
  place.querySelector("p").append(link);
}

document.querySelectorAll("[data-unsent]").forEach(tell);
