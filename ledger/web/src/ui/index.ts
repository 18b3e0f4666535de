// What are pages made of?
import "./tokens.css";
import "./base.css";
import "./components.css";

export { Button, ButtonLink } from "./Button";
export { Badge, Card, Empty, Meter, Notice, Stat, Stats, type Tone } from "./Card";
export { ask, Dialog } from "./Dialog";
export { Choice, Choices, FileField, Select, TextArea, TextField } from "./Field";
export { type Find, Finder, type Found } from "./Finder";
export { type Filled, Form, type Item, type Once, type Option } from "./Form";
export { Icon, type IconName } from "./Icon";
export { kept } from "./kept";
export { type Asked, Loaded, useAsked } from "./Loaded";
export { Nobody } from "./Nobody";
export { Page } from "./Page";
export { type Column, Table } from "./Table";
export { Tabs } from "./Tabs";
export { toast } from "./Toast";
export { theme } from "./theme";
