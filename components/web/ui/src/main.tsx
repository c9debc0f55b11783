// Entry point.
import { render } from "preact";
import { App } from "./app";
import { I18nProvider } from "./i18n";
import "./style.css";

// A page restored from the back/forward cache may belong to a user who has signed out since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

const root = document.getElementById("app");
if (root) {
  render(
    <I18nProvider>
      <App />
    </I18nProvider>,
    root,
  );
}
