// One step of somebody who signs in: does what the page asks for and tells what it shows. The walk looks
// again and again; a page that was dealt with is marked, until the next one takes its place.
(issuer, user, password) => {
  const seen = (id) => {
    const found = document.getElementById(id);
    return found && found.checkVisibility() ? found : null;
  };
  const page = {
    at: location.href,
    hosted: location.href.startsWith(issuer + "/"),
    asks: "",
    text: document.body ? document.body.innerText : "",
    ready: document.readyState === "complete",
  };
  if (!page.hosted || !page.ready || document.documentElement.dataset.walked) return page;
  const click = (button) => {
    document.documentElement.dataset.walked = "yes";
    button.click();
  };
  if (seen("username") && seen("password")) {
    page.asks = "password";
    if (password) {
      seen("username").value = user;
      seen("password").value = password;
      click(seen("submit"));
    }
  } else if (seen("allow")) {
    page.asks = "consent";
    click(seen("allow"));
  } else if (seen("logout-yes")) {
    page.asks = "logout";
    click(seen("logout-yes"));
  } else if (seen("error")) {
    page.asks = "error";
  }
  return page;
}
