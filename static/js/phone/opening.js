/*
 * Says what is the matter when the phone's pages do not begin: a lost signal and an old browser are two things.
 * No module, and written as browsers of 2015 read it: it must run where the others do not arrive or are not understood.
 */
(function () {
  "use strict";

  var script = document.createElement("script");
  // replaceChildren is the youngest thing that every page needs.
  var old = !("noModule" in script) || !("replaceChildren" in script);

  function part(name) {
    return document.querySelector(".opening-" + name);
  }

  /* `name`: "late" or "old". Nothing happens once a page was drawn over the words. */
  function say(name) {
    if (!part(name)) return;
    part("wait").hidden = true;
    part("late").hidden = name !== "late";
    part("old").hidden = name !== "old";
    part("late").className += " opening-now";
  }

  if (old) say("old");
  addEventListener(
    "error",
    function (event) {
      // A part that did not arrive is told to the script that wanted it; a fault inside a script is told to the window.
      if (!old && event.target.nodeName === "SCRIPT") say("late");
    },
    true
  );
  document.addEventListener("submit", function (event) {
    if (event.target !== part("late")) return;
    event.preventDefault();
    location.reload(); // keeps what stands after #
  });
})();
