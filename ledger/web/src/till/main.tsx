import { render } from "preact";
import "../ui";
import { Till } from "./Till";

const app = document.getElementById("app");
if (app) render(<Till />, app);
