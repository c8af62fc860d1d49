// The map of the grids: shapes come as JSON and are coloured by the style sheet; who may draw saves each one as it is
// drawn. Without 天地图's key the ground is blank and nothing is asked of any other server.

/* global L */

const box = document.getElementById("map");
const said = document.getElementById("map-said");
const whose = document.getElementById("whose");
const CUT_OFF = "没有连上，这条界线还没存。连上了再改一下就存。";
const SOMEWHERE = [31.73, 116.5]; // 六安, until a first shape says better
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const layers = new Map(); // territory → its layer
let sending = Promise.resolve();

const map = L.map(box, { zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5, attributionControl: Boolean(box.dataset.tianditu) });
L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
map.setView(SOMEWHERE, 12);
if (box.dataset.tianditu) {
  map.attributionControl.setPrefix(false);
  for (const layer of ["vec", "cva"]) {
    const tiles =
      `https://t{s}.tianditu.gov.cn/${layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}` +
      `&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}` +
      `&tk=${encodeURIComponent(box.dataset.tianditu)}`;
    L.tileLayer(tiles, { subdomains: "01234567", maxZoom: 18, attribution: "天地图" }).addTo(map);
  }
}

// --- showing ----------------------------------------------------------------------------------------------

function tell(words, bad = false) {
  said.textContent = words;
  said.classList.toggle("bad", bad);
}

const classes = ({ kind, step }) => `area area-${kind} shade-${step}`;

function put(territory, layer, properties) {
  if (layers.has(territory) && layers.get(territory) !== layer) layers.get(territory).remove();
  layers.set(territory, layer);
  layer.territory = territory;
  layer.about = properties;
  if (properties.kind === "grid") {
    const name = document.createElement("span"); // a name is text, whatever stands in it
    name.textContent = properties.label;
    layer.unbindTooltip();
    layer.bindTooltip(name, { permanent: true, direction: "center", className: "area-name" });
  } else {
    layer.bringToBack();
  }
}

function repaint(layer, bad) {
  const path = layer.getElement();
  if (path) path.setAttribute("class", `${bad ? "area area-bad" : classes(layer.about)} leaflet-interactive`);
}

async function show() {
  const answer = await fetch(box.dataset.shapes, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const shapes = L.geoJSON(await answer.json(), {
    style: (feature) => ({ className: classes(feature.properties) }),
    onEachFeature: (feature, layer) => {
      layer.addTo(map);
      put(feature.id, layer, feature.properties);
      watch(layer);
    },
  });
  if (shapes.getLayers().length) map.fitBounds(shapes.getBounds(), { paddingTopLeft: [56, 16], paddingBottomRight: [16, 16], animate: false });
  box.dataset.ready = "1";
}

// --- drawing ----------------------------------------------------------------------------------------------

function look(hints) {
  const list = document.getElementById("hints");
  list.replaceChildren(
    ...hints.map((hint) => {
      const line = document.createElement("li");
      line.textContent = hint;
      return line;
    }),
  );
  document.getElementById("hints-panel").hidden = !hints.length;
}

/** Sends one shape (null takes it away); true when it is kept. */
async function save(territory, name, shape) {
  tell(`${name}：正在存…`);
  let answer, told;
  try {
    answer = await fetch(box.dataset.save, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify({ territory, shape }),
      redirect: "error",
    });
    told = await answer.json();
  } catch {
    tell(CUT_OFF, true);
    return false;
  }
  tell(`${name}：${told.said || CUT_OFF}`, !answer.ok);
  if (answer.ok) look(told.hints);
  return answer.ok;
}

/** One after another, so that the last corner moved is the last one kept. */
function keep(layer) {
  sending = sending.then(async () => {
    const kept = await save(layer.territory, layer.about.name, layer.toGeoJSON().geometry);
    repaint(layer, !kept);
  });
}

function offerBack(layer, shape) {
  const back = document.createElement("button");
  back.type = "button";
  back.className = "btn btn-small";
  back.textContent = "放回去";
  back.addEventListener("click", async () => {
    if (!(await save(layer.territory, layer.about.name, shape))) return;
    layer.addTo(map);
    put(layer.territory, layer, layer.about);
  });
  said.append(back);
}

function watch(layer) {
  if (!box.dataset.draws) return;
  layer.on("pm:edit", () => keep(layer));
  layer.on("pm:remove", async () => {
    const shape = layer.toGeoJSON().geometry;
    if (await save(layer.territory, layer.about.name, null)) {
      layers.delete(layer.territory);
      offerBack(layer, shape);
    } else {
      layer.addTo(map);
    }
  });
}

function drawn({ layer }) {
  const territory = Number(whose.value);
  const first = whose.selectedIndex === 0;
  const name = whose.selectedOptions[0].textContent;
  const before = layers.get(territory);
  const about = before ? before.about : { kind: first ? "village" : "grid", name, label: name, step: 0 };
  put(territory, layer, about);
  watch(layer);
  repaint(layer, false);
  keep(layer);
}

function drawing() {
  map.pm.setLang("zh", {
    buttonTitles: { drawPolyButton: "多边形：围一圈", editButton: "改界线", deleteButton: "删界线" },
    actions: { finish: "画好了", cancel: "不画了", removeLastVertex: "退一个点" },
    tooltips: {
      firstVertex: "点一下，放第一个点",
      continueLine: "接着点",
      finishPoly: "点第一个点，围成一圈",
    },
  });
  map.pm.addControls({
    position: "topleft",
    drawMarker: false,
    drawCircleMarker: false,
    drawPolyline: false,
    drawRectangle: false,
    drawCircle: false,
    drawText: false,
    dragMode: false,
    cutPolygon: false,
    rotateMode: false,
  });
  map.pm.setGlobalOptions({ allowSelfIntersection: false, snapDistance: 15 });
  for (const button of box.querySelectorAll(".leaflet-buttons-control-button")) {
    button.setAttribute("aria-label", button.closest("[title]").title);
  }
  map.on("pm:create", drawn);
}

if (box.dataset.draws) drawing();
show().catch(() => tell("界线没有取到，刷新页面再看。", true));
