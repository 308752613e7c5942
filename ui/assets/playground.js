// The playground calls the management API as a page of another origin does, with the token that the user got.
(function () {
  "use strict";
  var panel = document.getElementById("management");
  if (!panel) { return; }
  var shown = document.getElementById("management-answer"), email = document.getElementById("management-email");
  function call(method, path, body) {
    shown.textContent = method + " " + path + " …";
    var headers = { Authorization: "Bearer " + panel.dataset.token };
    if (body) { headers["Content-Type"] = "application/json"; }
    fetch(panel.dataset.api + path, { method: method, headers: headers, body: body && JSON.stringify(body) }).then(function (r) {
      return r.text().then(function (text) {
        var answer = text;
        try { answer = JSON.stringify(JSON.parse(text), null, 2); } catch (e) { /* it is shown as it is */ }
        shown.textContent = method + " " + path + "\n" + r.status + " " + r.headers.get("Content-Type") + "\n\n" + answer;
      });
    }).catch(function (e) { shown.textContent = method + " " + path + "\n" + e; });
  }
  document.getElementById("management-list").addEventListener("click", function () { call("GET", "/users"); });
  document.getElementById("management-create").addEventListener("submit", function (e) {
    e.preventDefault();
    call("POST", "/users", { email: email.value });
  });
}());
