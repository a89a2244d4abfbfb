// The page: a choice of models, and for each the tools that its signatures allow.

import { models } from "./api.js";
import { make } from "./dom.js";
import { toolsOf } from "./tools.js";

const place = (name) => document.getElementById(name);

function say(words, isError = false) {
  place("message").textContent = words;
  place("message").classList.toggle("error", isError);
}

const fail = (error) => say(error instanceof TypeError ? "The server cannot be reached." : error.message, true);

let opened = null;

// What a tool shows; nothing once another one is open, as an answer may come late.
function contextOf(model) {
  const context = { model };
  const ifOpen = (action) => (given) => opened === context && action(given);
  context.show = ifOpen((pictures) => {
    place("result").replaceChildren(...pictures);
    say("");
  });
  context.fail = ifOpen(fail);
  return context;
}

function openTool(tool, tab, model) {
  for (const other of place("tools").children) {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
  }
  place("result").replaceChildren();
  say("");
  const panel = place("tool");
  panel.setAttribute("aria-labelledby", tab.id);
  panel.replaceChildren();
  // What is drawn and what becomes of it are seen together.
  document.querySelector("main").classList.toggle("beside", Boolean(tool.beside));
  opened = contextOf(model);
  tool.fill(panel, opened);
}

function openModel(model) {
  opened = null;
  place("about").textContent = `version ${model.version}: ${model.weights || ""}`;
  const tools = toolsOf(model);
  const tabs = tools.map((tool, index) =>
    make("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "tool", onclick: () => openTool(tool, tabs[index], model) }, tool.name),
  );
  place("tools").replaceChildren(...tabs);
  place("tools").onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
    tabs[next].focus();
    tabs[next].click();
  };
  place("result").replaceChildren();
  place("tool").replaceChildren();
  if (tools.length) openTool(tools[0], tabs[0], model);
  else say("This model takes nothing that this page could give it; its signatures can be asked over REST.");
}

try {
  const served = (await models()).models;
  const choice = place("model");
  choice.replaceChildren(...served.map((model) => make("option", { value: model.name }, model.name)));
  choice.onchange = () => openModel(served.find((model) => model.name === choice.value));
  openModel(served[0]);
} catch (error) {
  fail(error);
}
