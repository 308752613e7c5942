// The reference without scripts is whole; with them its lists can be narrowed down.
(function () {
  "use strict";
  var box = document.getElementById("filter-box"), field = document.getElementById("filter"), none = document.getElementById("filter-none");
  if (!box) { return; }
  box.hidden = false;
  function narrow() {
    var words = field.value.toLowerCase().split(/\s+/), found = 0;
    document.querySelectorAll("[data-group]").forEach(function (group) {
      var here = 0;
      group.querySelectorAll("[data-filter]").forEach(function (item) {
        var text = item.textContent.toLowerCase();
        item.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
        if (!item.hidden) { here += 1; }
      });
      group.hidden = here === 0;
      found += here;
    });
    none.textContent = found ? "" : none.dataset.text;
  }
  field.addEventListener("input", narrow);
  narrow(); // browsers keep what was typed when somebody comes back
}());
