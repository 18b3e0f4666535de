import { render } from "preact";
import "../ui";
import { Till } from "./Till";
import "./till.css";

const app = document.getElementById("app");
if (app) render(<Till />, app);
