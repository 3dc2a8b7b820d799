// Draws /openapi.json as forms to try. Everything comes from this server; what is shown is set as text, never as HTML.
"use strict";

const make = (name, fields = {}, ...children) => {
  const element = Object.assign(document.createElement(name), fields);
  element.append(...children);
  return element;
};

const resolve = (schema, all) => {
  while (schema?.$ref) schema = schema.$ref.slice(2).split("/").reduce((found, part) => found[part], all);
  return schema ?? {};
};

// A value that the schema would take: what is required, and what has an example or a default worth showing.
function example(schema, all, depth = 0) {
  schema = resolve(schema, all);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return example(choices[0], all, depth);
  if (schema.type === "array") return depth > 4 ? [] : [example(schema.items, all, depth + 1)];
  if (schema.type === "object" || schema.properties) {
    const wanted = schema.required ?? [];
    return Object.fromEntries(wanted.map((name) => [name, example(schema.properties[name], all, depth + 1)]));
  }
  return { string: "", integer: 0, number: 0, boolean: false }[schema.type] ?? null;
}

function field(label, input) {
  return make("label", {}, label, input);
}

function bodyInputs(operation, all) {
  const content = operation.requestBody?.content ?? {};
  if (content["application/json"]) {
    const text = JSON.stringify(example(content["application/json"].schema, all), null, 2);
    return { json: make("textarea", { value: text, spellcheck: false }) };
  }
  const form = content["multipart/form-data"] ?? content["application/x-www-form-urlencoded"];
  if (!form) return {};
  const schema = resolve(form.schema, all);
  const inputs = Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const isFile = JSON.stringify(resolve(inner, all)).match(/binary|contentMediaType/);
    return make("input", { name, type: isFile ? "file" : "text", required: schema.required?.includes(name) ?? false });
  });
  return { inputs };
}

function request(method, path, parameters, body) {
  const query = new URLSearchParams();
  for (const { where, input } of parameters) {
    if (where === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (where === "query" && input.value) query.append(input.name, input.value);
  }
  const key = document.getElementById("key").value;
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  let sent;
  if (body.json) {
    headers["content-type"] = "application/json";
    sent = body.json.value;
  } else if (body.inputs) {
    sent = new FormData();
    for (const input of body.inputs) {
      const value = input.type === "file" ? input.files[0] : input.value;
      if (value) sent.append(input.name, value);
    }
  }
  return fetch(path + (query.size ? `?${query}` : ""), { method: method.toUpperCase(), headers, body: sent });
}

async function show(answer, place) {
  const type = answer.headers.get("content-type") ?? "";
  const told = make("pre", { textContent: `${answer.status} ${answer.statusText}\n` });
  place.replaceChildren(told);
  if (/^(audio|image)\//.test(type)) {
    const src = URL.createObjectURL(await answer.blob());
    place.append(type.startsWith("audio") ? make("audio", { src, controls: true }) : make("img", { src }));
  } else if (type.startsWith("application/json")) {
    told.textContent += JSON.stringify(await answer.json(), null, 2);
  } else {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part; !(part = await reader.read()).done; ) told.textContent += part.value;
  }
}

function drawn(method, path, operation, all) {
  const parameters = (operation.parameters ?? []).map((each) => ({
    where: each.in,
    input: make("input", { name: each.name, required: each.required ?? false }),
  }));
  const body = bodyInputs(operation, all);
  const answer = make("div");
  const inputs = [...parameters.map(({ input }) => input), ...(body.inputs ?? [])];
  const form = make("form", {}, ...inputs.map((input) => field(input.name + (input.required ? " *" : ""), input)));
  if (body.json) form.append(field("body", body.json));
  form.append(make("button", { textContent: "Ask" }));
  form.onsubmit = (event) => {
    event.preventDefault();
    answer.textContent = "…";
    request(method, path, parameters, body)
      .then((came) => show(came, answer))
      .catch((error) => (answer.textContent = `nothing came: ${error.message}`));
  };
  const name = make("code", { textContent: path, className: operation.deprecated ? "old" : "" });
  const head = make("summary", {}, make("b", { textContent: method.toUpperCase() }), name);
  head.append(make("span", { textContent: operation.summary ?? "" }));
  const about = operation.description ? [make("p", { textContent: operation.description })] : [];
  return make("details", {}, head, ...about, form, answer);
}

async function draw() {
  const all = await (await fetch("/openapi.json")).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(all.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, make("section", {}, make("h2", { textContent: tag })));
      groups.get(tag).append(drawn(method, path, operation, all));
    }
  }
  document.getElementById("routes").replaceChildren(...groups.values());
}

document.getElementById("base").textContent = `${location.origin}/v1`;
draw().catch((error) => (document.getElementById("routes").textContent = `no schema came: ${error.message}`));
