// What can be done with a model, by the inputs of its signatures: each tool is a name, and a function that fills the
// panel and returns nothing.

import { address, inBase64, newest, predict } from "./api.js";
import { board } from "./board.js";
import { buttons, field, make, number, row, slider, text } from "./dom.js";

const COUNTS = [1, 4, 8, 12, 16];

export function toolsOf(model) {
  const has = (name, ...inputs) => {
    const found = model.signatures[name];
    return found && found.outputs.includes("png_bytes") && inputs.every((input) => input in found.inputs);
  };
  const tools = [];
  if (has("serving_default", "captions", "seed")) tools.push({ name: "A sentence", fill: sentence });
  if (has("between", "captions")) tools.push({ name: "Two sentences", fill: twoSentences });
  if (has("serving_default", "label", "seed")) tools.push({ name: "A class", fill: noise });
  else if (has("serving_default", "seed") && !has("serving_default", "captions") && !has("serving_default", "image_bytes"))
    tools.push({ name: "Noise", fill: noise });
  if (has("between", "other_seed")) tools.push({ name: "From one to another", fill: walk });
  if (has("codes", "seed")) tools.push({ name: "Codes", fill: codes });
  if (has("attributes", "seed", "attributes")) tools.push({ name: "Attributes", fill: attributes });
  if (has("serving_default", "image_bytes") && !has("transfer", "image_bytes")) {
    if (Object.keys(directionsOf(model)).some((name) => model.page.palettes[name])) tools.push({ name: "Draw", fill: draw, beside: true });
    tools.push({ name: "A picture", fill: picture, beside: true });
  }
  if (model.signatures.serving_default?.outputs.includes("points")) tools.push({ name: "Points", fill: points });
  if (has("transfer", "image_bytes")) tools.push({ name: "The style of a picture", fill: style });
  return tools;
}

function randomSeed() {
  return Math.floor(Math.random() * 100000);
}

// Pictures of rows, in a grid, each with its name and a link to keep it.
function grid(rows, values, names) {
  return rows.map((_, index) => {
    const name = names[index];
    const image = make("img", { src: address(values[index]), alt: name });
    const link = make("a", { href: address(values[index]), download: `${name.replace(/[^\w]+/g, "-").slice(0, 60)}.png` }, "save");
    return make("figure", {}, image, make("figcaption", {}, `${name} `, link));
  });
}

// Asks for the newest rows and shows them.
function asking(context, signature, names) {
  return newest(
    (rows) => predict(context.model.name, signature, rows),
    (values, rows) => context.show(grid(rows, values, rows.map(names))),
    context.fail,
  );
}

function seedControls(change) {
  const seed = number(1, { min: "0", max: "2147483000", step: "1", onchange: change });
  const other = make("button", { type: "button", onclick: () => ((seed.value = randomSeed()), change()) }, "other noise");
  return { seed: () => Math.trunc(Number(seed.value)) || 0, controls: [...field("Seed", seed), other] };
}

function sentence(panel, context) {
  const shown = context.model.page.captions;
  const caption = text(shown[0] || "", { required: true });
  const count = make("select", {}, ...COUNTS.map((value) => make("option", { value: String(value), selected: value === 8 }, String(value))));
  const ask = asking(context, "serving_default", (row) => `seed ${row.seed}`);
  const submit = (event) => {
    event?.preventDefault();
    const first = noiseControls.seed();
    if (!caption.value.trim()) return context.fail(new Error("Please write a sentence first."));
    const most = Math.min(Number(count.value), context.model.limits.rows || 1);
    ask(Array.from({ length: most }, (_, index) => ({ captions: caption.value, seed: first + index })));
  };
  const noiseControls = seedControls(submit);
  const form = make("form", { onsubmit: submit });
  form.append(
    row(field("Sentence", caption)),
    row(field("Pictures", count), noiseControls.controls, make("button", { class: "main" }, "Draw")),
  );
  count.addEventListener("change", submit);
  panel.append(form, suggestions(shown, (value) => ((caption.value = value), submit())));
  if (caption.value) submit();
}

function suggestions(captions, choose) {
  return row(captions.map((caption) => make("button", { type: "button", onclick: () => choose(caption) }, caption)));
}

function twoSentences(panel, context) {
  const [first, second] = context.model.page.captions;
  const captions = [text(first || ""), text(second || "")];
  const share = slider(0.5, 0, 1, { step: "0.01" });
  const ask = asking(context, "between", (row) => `${Math.round(100 * row.share)} %`);
  const change = () => {
    if (captions.some((caption) => !caption.value.trim())) return context.fail(new Error("Please write two sentences."));
    const row = (value) => ({ captions: captions[0].value, other_captions: captions[1].value, share: value, seed: controls.seed() });
    ask(ends(context.model, Number(share.value)).map(row));
  };
  const controls = seedControls(change);
  for (const control of [...captions, share]) control.addEventListener("input", change);
  panel.append(
    row(field("From", captions[0])),
    row(field("To", captions[1])),
    row(field("Between", share), controls.controls),
  );
  if (first && second) change();
}

// Shares to show: both ends beside one between them, where the model takes three rows.
const ends = (model, share) => ((model.limits.rows || 1) < 3 ? [share] : [0, share, 1]);

// The classes of a model, by name.
function classButtons(model, change) {
  let chosen = 0;
  const count = model.counts.label || 0;
  const options = Array.from({ length: count }, (_, label) => ({ name: model.classes[label] || String(label), value: label }));
  if (!options.length) return { label: () => ({}), element: "" };
  const choose = (value) => ((chosen = value), change());
  return { label: () => ({ label: chosen }), element: buttons("Class", options, 0, choose) };
}

function noise(panel, context) {
  const ask = asking(context, "serving_default", (row) => `seed ${row.seed}`);
  const change = () => {
    const first = controls.seed();
    const most = Math.min(12, context.model.limits.rows || 1);
    ask(Array.from({ length: most }, (_, index) => ({ seed: first + index, ...classes.label() })));
  };
  const controls = seedControls(change);
  const classes = classButtons(context.model, change);
  panel.append(classes.element, row(controls.controls));
  change();
}

function walk(panel, context) {
  const share = slider(0.5, 0, 1, { step: "0.01", oninput: () => change() });
  const seeds = [1, 2].map((value) => number(value, { min: "0", step: "1", onchange: () => change() }));
  const ask = asking(context, "between", (row) => `${Math.round(100 * row.share)} %`);
  const change = () => {
    const [seed, other_seed] = seeds.map((control) => Math.trunc(Number(control.value)) || 0);
    ask(ends(context.model, Number(share.value)).map((value) => ({ seed, other_seed, share: value, ...classes.label() })));
  };
  const classes = classButtons(context.model, change);
  panel.append(classes.element, row(field("From seed", seeds[0]), field("to", seeds[1])), row(field("Between", share)));
  change();
}

function codes(panel, context) {
  const inputs = context.model.signatures.codes.inputs;
  const sliders = Array.from({ length: inputs.codes ? inputs.codes[1] : 0 }, () => slider(0, -2, 2, { oninput: () => change() }));
  const ask = asking(context, "codes", (row) => ("category" in row ? `category ${row.category}` : `seed ${row.seed}`));
  const categories = context.model.counts.category || 0;
  const change = () => {
    const own = { seed: controls.seed(), ...(sliders.length ? { codes: sliders.map((control) => Number(control.value)) } : {}) };
    const most = Math.min(categories, context.model.limits.rows || 1);
    ask(categories ? Array.from({ length: most }, (_, category) => ({ ...own, category })) : [own]);
  };
  const controls = seedControls(change);
  panel.append(
    row(controls.controls),
    ...sliders.map((control, index) => row(field(`Code ${index + 1}, -2 to 2`, control))),
    make("p", { class: "hint" }, categories ? "One picture for each category." : ""),
  );
  change();
}

function attributes(panel, context) {
  const count = context.model.signatures.attributes.inputs.attributes[1];
  const names = context.model.page.attributes || [];
  const sliders = Array.from({ length: count }, () => slider(0, -1, 1, { oninput: () => change() }));
  const ask = asking(context, "attributes", (row) => `seed ${row.seed}`);
  const change = () => ask([{ seed: controls.seed(), attributes: sliders.map((control) => Number(control.value)), ...classes.label() }]);
  const controls = seedControls(change);
  const classes = classButtons(context.model, change);
  panel.append(
    classes.element,
    row(controls.controls),
    ...sliders.map((control, index) => row(field(`${names[index] || `Attribute ${index + 1}`}, -1 to 1`, control))),
  );
  change();
}

// Points of a model of one or two dimensions, each of a seed.
function points(panel, context) {
  const most = Math.min(context.model.limits.rows || 1, 64);
  const ask = newest(
    (first) => predict(context.model.name, "serving_default", Array.from({ length: most }, (_, index) => ({ seed: first + index }))),
    (found) => context.show([scatter(found)]),
    context.fail,
  );
  const change = () => ask(controls.seed());
  const controls = seedControls(change);
  panel.append(row(controls.controls), make("p", { class: "hint" }, `The points of ${most} seeds.`));
  change();
}

function scatter(found) {
  const side = 320;
  const canvas = make("canvas", { width: side, height: side, role: "img", "aria-label": `${found.length} points` });
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, side, side);
  const far = Math.max(...found.flat().map(Math.abs), 1e-6) * 1.1;
  const place = (value) => ((value / far + 1) / 2) * side;
  context.fillStyle = "#1f5a99";
  // Of one dimension they lie on a line.
  for (const [x, y = 0] of found) context.fillRect(place(x) - 2, side - place(y) - 2, 4, 4);
  return make("figure", {}, canvas, make("figcaption", {}, `from -${far.toPrecision(2)} to ${far.toPrecision(2)}`));
}

// The directions of a model of image to image, and the signature of each.
function directionsOf(model) {
  const found = { [model.page.direction || "AtoB"]: "serving_default" };
  if (model.signatures.BtoA_image_bytes) found.BtoA = "BtoA_image_bytes";
  return found;
}

function directionButtons(directions, choose) {
  const names = Object.keys(directions);
  return names.length < 2 ? "" : buttons("Direction", names.map((name) => ({ name: name.replace("to", " to "), value: name })), names[0], choose);
}

// Asks for the translation of the newest picture, which a function gives as the server takes it.
function translating(context, signatureOf, seed) {
  return newest(
    async (source) => {
      const signature = signatureOf();
      const inputs = context.model.signatures[signature].inputs;
      const given = { image_bytes: await source() };
      if ("seed" in inputs) given.seed = seed();
      return predict(context.model.name, signature, [given]);
    },
    ([value]) => context.show(grid([0], [value], ["translation"])),
    context.fail,
  );
}

function draw(panel, context) {
  const { palettes, size, examples } = context.model.page;
  const drawn = Object.fromEntries(Object.entries(directionsOf(context.model)).filter(([name]) => palettes[name]));
  const place = make("div", {});
  let direction = Object.keys(drawn)[0];
  let drawing = null;
  const ask = translating(context, () => drawn[direction], () => controls.seed());
  const change = () => ask(drawing.file);
  const controls = seedControls(change);
  const seeded = "seed" in context.model.signatures.serving_default.inputs;
  const open = (name) => {
    direction = name;
    const own = board(size[0] || 256, size[1] || 256, palettes[direction], change);
    drawing = own;
    const shown = examples[direction] || [];
    place.replaceChildren(own.element, exampleButtons(context, shown, own.show));
    if (shown.length) example(shown[0]).then(own.show).catch(context.fail);
    else change();
  };
  panel.append(directionButtons(drawn, open), place, row(seeded ? controls.controls : []));
  open(direction);
}

// The file of an example.
async function example(place) {
  const answer = await fetch(place);
  if (!answer.ok) throw new Error("This example is no longer there: a newer version is served. Please load the page again.");
  return answer.blob();
}

function exampleButtons(context, addresses, choose) {
  const made = addresses.map((place, index) =>
    make(
      "button",
      { type: "button", "aria-label": `Example ${index + 1}`, onclick: () => example(place).then(choose).catch(context.fail) },
      make("img", { src: place, alt: "" }),
    ),
  );
  return make("div", { class: "examples", role: "group", "aria-label": "Examples" }, ...made);
}

// A place to drop, paste or choose a file.
function dropping(choose) {
  const file = make("input", { type: "file", accept: "image/*", onchange: () => file.files[0] && choose(file.files[0]) });
  const place = make("div", { class: "drop" }, ...field("Drop a picture here, paste one, or choose:", file));
  place.addEventListener("dragover", (event) => (event.preventDefault(), place.classList.add("over")));
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    if (event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]);
  });
  const paste = (event) => {
    if (!place.isConnected) return document.removeEventListener("paste", paste);
    const found = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (found) choose(found);
  };
  document.addEventListener("paste", paste);
  return place;
}

// A picture as the server takes it: upright, and no larger than its limit; a kind that the browser cannot read is sent as
// it is, so that the server says what it takes.
async function prepared(blob, limits) {
  const most = limits.side || 1024;
  let picture;
  try {
    picture = await createImageBitmap(blob);
  } catch {
    return blob;
  }
  const longer = Math.max(picture.width, picture.height);
  // As it is it keeps 16 bits, and stays as small as it is.
  if (longer <= most && blob.size <= (limits.file_bytes || Infinity) && /jpeg|png/.test(blob.type)) return blob;
  const scale = Math.min(1, most / longer);
  const canvas = make("canvas", { width: Math.max(Math.round(picture.width * scale), 1), height: Math.max(Math.round(picture.height * scale), 1) });
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function picture(panel, context) {
  const directions = directionsOf(context.model);
  let direction = Object.keys(directions)[0];
  let source = null;
  const shown = make("img", { alt: "the picture", hidden: true });
  const ask = translating(context, () => directions[direction], () => controls.seed());
  const change = () => source && ask(() => inBase64(source));
  const controls = seedControls(change);
  const seeded = "seed" in context.model.signatures.serving_default.inputs;
  const choose = async (blob) => {
    source = await prepared(blob, context.model.limits);
    shown.src = URL.createObjectURL(source);
    shown.hidden = false;
    change();
  };
  const examples = make("div", {});
  const fillExamples = () => examples.replaceChildren(exampleButtons(context, context.model.page.examples[direction] || [], choose));
  const turn = (value) => ((direction = value), fillExamples(), change());
  fillExamples();
  panel.append(directionButtons(directions, turn), dropping(choose), row(seeded ? controls.controls : []), examples, make("div", { class: "pair" }, shown));
}

function style(panel, context) {
  const caption = text(context.model.page.captions[0] || "");
  let source = null;
  const shown = make("img", { alt: "the picture whose style is taken", hidden: true });
  const ask = newest(
    async () => predict(context.model.name, "transfer", [{ image_bytes: await inBase64(source), captions: caption.value }]),
    ([value]) => context.show(grid([0], [value], [caption.value || "in its style"])),
    context.fail,
  );
  const change = () => source && ask();
  caption.addEventListener("input", change);
  const choose = async (blob) => {
    source = await prepared(blob, context.model.limits);
    shown.src = URL.createObjectURL(source);
    shown.hidden = false;
    change();
  };
  panel.append(row(field("Sentence", caption)), dropping(choose), exampleButtons(context, context.model.page.examples.style || [], choose), make("div", { class: "pair" }, shown));
}
