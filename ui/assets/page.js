// What the hosted pages do besides, where scripts run: every page works without.
(function () {
  "use strict";

  // A logo that loaded covers its letter, also where it is transparent. One that did not
  // is taken away: some browsers draw a frame in its place.
  document.querySelectorAll(".mark img").forEach(function (img) {
    if (!img.decode) { return; }
    img.decode().then(function () { img.parentNode.classList.add("covered"); }, function () { img.hidden = true; });
  });

  // Passwords can be looked at, and a locked Caps Lock is told.
  var password = document.getElementById("password"), show = document.getElementById("show-password"), caps = document.getElementById("caps-lock");
  function conceal(hidden) {
    password.type = hidden ? "password" : "text";
    show.textContent = hidden ? show.dataset.show : show.dataset.hide;
    show.setAttribute("aria-label", hidden ? show.dataset.showLabel : show.dataset.hideLabel);
  }
  if (password && show) {
    show.hidden = false;
    show.addEventListener("click", function () {
      conceal(password.type === "text");
      password.focus();
    });
    // Browsers remember what is typed into text fields.
    password.form.addEventListener("submit", function () { conceal(true); });
  }
  if (password && caps) {
    ["keydown", "keyup", "mousedown"].forEach(function (kind) {
      password.addEventListener(kind, function (e) {
        if (e.getModifierState) { caps.textContent = e.getModifierState("CapsLock") ? caps.dataset.text : ""; }
      });
    });
    password.addEventListener("blur", function () { caps.textContent = ""; });
  }

  // A second click while the first is on its way would be answered as a repetition.
  document.querySelectorAll("form").forEach(function (form) {
    var sent = false;
    form.addEventListener("submit", function (e) {
      if (sent) { e.preventDefault(); return; }
      sent = true;
      window.setTimeout(function () { sent = false; }, 10000); // it was stopped, or lost
    });
    window.addEventListener("pageshow", function () { sent = false; });
  });

  // A page that answers a form takes the address at which it is had by GET. Back and reload would otherwise be the
  // browser's question whether to send the form again: after a wrong password, Back from the app ended there.
  var own = document.querySelector('form[action="' + location.pathname + '"]');
  if (own && own.elements.namedItem("csrf") && !own.elements.namedItem("id")) {
    var flow = own.elements.namedItem("flow");
    history.replaceState(history.state, "", location.pathname + (location.search || (flow ? "?flow=" + encodeURIComponent(flow.value) : "")) + location.hash);
  }

  // Times are in UTC until the browser says which zone it is in.
  if (window.Intl && Intl.DateTimeFormat) {
    var zoned = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    document.querySelectorAll("time[datetime]").forEach(function (time) {
      time.title = time.textContent;
      time.textContent = zoned.format(new Date(time.dateTime));
    });
  }

  document.querySelectorAll("button[data-copy]").forEach(function (button) {
    if (!navigator.clipboard) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(function () {
        button.textContent = button.dataset.done;
      });
    });
  });
}());
