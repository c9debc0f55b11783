// Where the page begins.
import { render } from "preact";
import { App } from "./app";
import { Speaking } from "./i18n";
import "./style.css";

const place = document.getElementById("app");
if (place) {
  render(
    <Speaking>
      <App />
    </Speaking>,
    place,
  );
}
