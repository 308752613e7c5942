// The work that a form has to show where risk has risen: a number with which the hash of the challenge starts with
// zeros. It is looked for in slices, so that the page stays usable. Without, the user waits.
(function () {
  "use strict";

  var box = document.getElementById("effort"), digest = window.crypto && crypto.subtle;
  if (!box || !digest || !window.TextEncoder) { return; }
  var press = document.getElementById(box.dataset.press), form = box.closest("form"), challenge = form.elements.effort.value, bits = Number(box.dataset.bits);
  var working = document.getElementById("effort-working"), wait = document.getElementById("effort-wait");
  var encoder = new TextEncoder(), next = 0, slice = 256, solved = false, pressed = null;

  wait.hidden = true;
  function says(text) {
    working.hidden = !text;
    working.textContent = text;
  }
  function other(button) { return button && (press ? button !== press : button.value === "cancel"); }

  // The form goes as soon as the work is done. It is stopped before anybody else counts it as sent.
  form.addEventListener("submit", function (e) {
    if (solved || other(e.submitter)) { return; }
    e.preventDefault();
    e.stopImmediatePropagation();
    pressed = e.submitter || press;
    says(working.dataset.working);
  }, true);

  function good(hash) { return new DataView(hash).getUint32(0) >>> (32 - bits) === 0; }
  function done(number) {
    solved = true;
    form.elements.work.value = String(number);
    says("");
    if (pressed || press) { form.requestSubmit(pressed || press); }
  }
  function look() {
    var tries = [], first = next;
    for (next += slice; tries.length < slice;) {
      tries.push(digest.digest("SHA-256", encoder.encode(challenge + "." + (first + tries.length))));
    }
    Promise.all(tries).then(function (hashes) {
      var found = hashes.findIndex(good);
      if (found < 0) { window.setTimeout(look); } else { done(first + found); }
    }, function () { // the user waits
      solved = true;
      wait.hidden = false;
      says("");
    });
  }
  if (press) { says(working.dataset.working); }
  look();
}());
