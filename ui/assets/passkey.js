// Passkeys, where the browser has them: without, the forms stay hidden.
(function () {
  "use strict";

  var kind = window.PublicKeyCredential, waiting = null;
  if (!kind || !kind.parseRequestOptionsFromJSON || !kind.parseCreationOptionsFromJSON || !navigator.credentials) {
    var missing = document.getElementById("no-passkeys");
    if (missing) { missing.hidden = false; }
    return;
  }

  // The sign-in form says that a passkey can be made on this device, and that the browser can make one
  // by itself.
  var makes = document.getElementById("passkeys");
  function says(can, word) {
    if (can) { makes.value = (makes.value + " " + word).trim(); }
  }
  if (makes && kind.isUserVerifyingPlatformAuthenticatorAvailable) {
    kind.isUserVerifyingPlatformAuthenticatorAvailable().then(function (can) { says(can, "1"); }, function () {});
  }
  if (makes && kind.getClientCapabilities) {
    kind.getClientCapabilities().then(function (has) { says(has.conditionalCreate, "silent"); }, function () {});
  }

  // The browser makes one by itself, or not: the form is sent either way (Web Authentication Level 3
  // §5.1.3, mediation "conditional").
  document.querySelectorAll(".passkey-silent").forEach(function (form) {
    var ends = new AbortController();
    function send(credential) {
      if (ends === null) { return; }
      ends = null;
      form.elements.passkey.value = credential ? JSON.stringify(credential.toJSON()) : "";
      form.requestSubmit();
    }
    form.addEventListener("submit", function () { if (ends) { ends.abort(); ends = null; } });
    window.setTimeout(function () { if (ends) { ends.abort(); } }, 5000);
    try {
      navigator.credentials.create({
        mediation: "conditional", signal: ends.signal, publicKey: kind.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options))
      }).then(send, function () { send(null); });
    } catch (e) { send(null); }
  });

  // What the browser's passkeys are told (Web Authentication Level 3 §5.1.10). They need not listen.
  function signal(name, data) {
    if (!data || !kind[name]) { return; }
    try { kind[name](JSON.parse(data)).catch(function () {}); } catch (e) { /* an older form of it */ }
  }

  document.querySelectorAll(".passkey").forEach(function (form) {
    var data = form.dataset, wrong = form.querySelector(".wrong"), button = form.querySelector("button");
    signal("signalUnknownCredential", data.unknown);
    signal("signalAllAcceptedCredentials", data.accepted);
    signal("signalCurrentUserDetails", data.details);
    if (!button) { return; } // there is nothing to ask

    function send(credential) {
      var remember = document.getElementById("remember");
      form.elements.passkey.value = JSON.stringify(credential.toJSON());
      if (form.elements.remember) { form.elements.remember.value = remember && remember.checked ? "1" : ""; }
      if (form.elements.trust && form.elements.trust.type === "hidden") {
        var trust = document.getElementById("trust");
        form.elements.trust.value = trust && trust.checked ? "1" : "";
      }
      form.requestSubmit();
    }
    function ask(quietly) {
      var options = JSON.parse(data.options), wanted = {};
      if (waiting) { waiting.abort(); }
      waiting = new AbortController();
      wanted.signal = waiting.signal;
      if (data.ceremony === "create") {
        wanted.publicKey = kind.parseCreationOptionsFromJSON(options);
        return navigator.credentials.create(wanted);
      }
      if (quietly) { wanted.mediation = "conditional"; }
      wanted.publicKey = kind.parseRequestOptionsFromJSON(options);
      return navigator.credentials.get(wanted);
    }
    // Browsers do not tell a user who says no from one who waits too long.
    function failed(e) {
      if (e && e.name === "AbortError") { return; }
      wrong.textContent = e && e.name === "InvalidStateError" ? data.taken : data.failed;
      wrong.hidden = false;
    }
    // Passkeys appear beside passwords, in the field for the name.
    function offer() {
      if (data.ceremony !== "get" || !data.quietly || !kind.isConditionalMediationAvailable) { return; }
      kind.isConditionalMediationAvailable().then(function (can) {
        if (can) { ask(true).then(send, function () {}); }
      }, function () {});
    }

    form.hidden = false;
    button.addEventListener("click", function () {
      wrong.hidden = true;
      try { ask(false).then(send, function (e) { failed(e); offer(); }); } catch (e) { failed(e); }
    });
    offer();
  });
}());
