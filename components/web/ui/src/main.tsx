// Where the page begins.
import { render } from "preact";
import { App } from "./app";
import { Speaking } from "./i18n";
import "./style.css";

// A page that the browser kept as it was may be of somebody who has signed out since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

const place = document.getElementById("app");
if (place) {
  render(
    <Speaking>
      <App />
    </Speaking>,
    place,
  );
}
