import { render } from "preact";
import "../ui";
import { api, told } from "../api";
import { Door } from "./Door";

const app = document.getElementById("app");
if (app) render(<Door />, app);

if (new URLSearchParams(location.hash.slice(1)).has("pass")) {
  const { volunteer, merchant, roles } = await told(api.GET("/v1/session"));
  const [only] = roles;
  if (roles.length === 1 && only) {
    location.replace(volunteer ? "/me/" : merchant ? "/till/" : "/desk/");
  }
}
