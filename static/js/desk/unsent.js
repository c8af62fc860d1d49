// Says on a page of the desk that sentences of a sitting still wait in this browser. Reads how many they are and whose,
// never what they say: that opens only for who wrote it, on the page of the sitting (sitting.js).

/**
 * [{uuid, user, sitting, …}, …] of all that waits here; nothing where nothing was ever kept. What opens the page of
 * somebody else's sitting without the server goes at once, for another person sits here now; so does what is too old.
 */
function rows(user) {
  return new Promise((done) => {
    if (!globalThis.indexedDB) return done([]);
    const asked = indexedDB.open("hongji-sitting");
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is none, and none is made
    asked.onerror = () => done([]);
    asked.onsuccess = () => {
      const db = asked.result;
      const names = ["words", "opener", "pages"].filter((name) => db.objectStoreNames.contains(name));
      const work = db.transaction(names, "readwrite");
      const found = work.objectStore("words").getAll();
      if (names.length === 3)
        work.objectStore("opener").get("opener").onsuccess = ({ target }) => {
          if (!target.result || (target.result.user === user && target.result.until > Date.now())) return;
          for (const name of ["opener", "pages"]) work.objectStore(name).clear();
        };
      work.onabort = work.onerror = () => done([]);
      work.oncomplete = () => done(found.result, db.close());
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
  const waiting = (await rows(user).catch(() => [])).filter(
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
