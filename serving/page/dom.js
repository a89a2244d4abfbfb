// Elements without a build step.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

let labeled = 0;

// A label with its control.
export function field(text, control) {
  control.id ||= `control-${++labeled}`;
  return [make("label", { for: control.id }, text), control];
}

export const row = (...children) => make("div", { class: "row" }, ...children.flat());

export const text = (value, attributes = {}) => make("input", { type: "text", value, class: "wide", ...attributes });

export const number = (value, attributes = {}) => make("input", { type: "number", value: String(value), ...attributes });

export const slider = (value, low, high, attributes = {}) =>
  make("input", { type: "range", min: String(low), max: String(high), step: "any", value: String(value), ...attributes });

export function buttons(label, options, chosen, choose) {
  const made = options.map(({ name, value }) =>
    make(
      "button",
      {
        type: "button",
        "aria-pressed": String(value === chosen),
        onclick: () => {
          for (const other of made) other.setAttribute("aria-pressed", String(other === made[options.findIndex((o) => o.value === value)]));
          choose(value);
        },
      },
      name,
    ),
  );
  return make("div", { class: "row", role: "group", "aria-label": label }, ...made);
}
