import { render } from "preact";
import "../ui";
import { Me } from "./Me";

const app = document.getElementById("app");
if (app) render(<Me />, app);
