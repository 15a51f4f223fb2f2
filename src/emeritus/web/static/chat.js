// The chat page: asks /v1/chat/completions and shows the answer as it comes.
// Words of a model are only ever put in place as text.
"use strict";

const chat = document.getElementById("chat");
const said = document.getElementById("said");
const state = document.getElementById("state");
const form = document.getElementById("speak");
const words = document.getElementById("words");
const buttons = Object.fromEntries(
  ["send", "stop", "keep", "anew"].map((id) => [id, document.getElementById(id)]),
);
const model = chat.dataset.model;
let turns = [];
let stopping = null;

chat.hidden = false;
words.focus();

function show(speaker, text) {
  const item = document.createElement("li");
  item.className = speaker === "assistant" ? "voice" : "ours";
  const who = document.createElement("span");
  who.className = "unseen";
  who.textContent = speaker === "assistant" ? `${model}: ` : "You: ";
  const line = document.createElement("p");
  const body = document.createElement("span");
  body.textContent = text;
  line.append(who, body);
  item.append(line);
  said.append(item);
  return { item, body };
}

function busy(sentence) {
  state.textContent = sentence;
  state.classList.toggle("alive", Boolean(sentence));
}

function settle() {
  const talking = stopping !== null;
  said.setAttribute("aria-busy", String(talking));
  buttons.send.hidden = talking;
  buttons.stop.hidden = !talking;
  buttons.keep.hidden = buttons.anew.hidden = talking || turns.length === 0;
}

function follow() {
  const below = document.documentElement.scrollHeight - window.scrollY - window.innerHeight;
  if (below < 240) window.scrollTo({ top: document.documentElement.scrollHeight });
}

async function problemOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return { message: `it answered ${response.status}` };
  }
}

async function ask(signal) {
  return fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      model,
      messages: turns,
      stream: true,
      max_tokens: Number(chat.dataset.most),
      temperature: 0.7,
    }),
    signal,
  });
}

// Yields {text}, {waking} and {error} from a stream of server-sent events.
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const parts = held.split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      if (part.startsWith(":")) yield { waking: true };
      if (!part.startsWith("data: ") || part === "data: [DONE]") continue;
      const event = JSON.parse(part.slice(6));
      if (event.error) yield { error: event.error };
      else yield { text: event.choices[0]?.delta?.content ?? "", end: event.choices[0]?.finish_reason };
    }
  }
}

function proof(item, address, finish) {
  const line = document.createElement("p");
  line.className = "quiet small";
  if (finish === "length") line.append("Here the length limit cut it. ");
  if (address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = "receipt";
    link.target = "_blank"; // the conversation stays where it is
    link.rel = "noopener";
    line.append(link);
  }
  if (line.childNodes.length) item.append(line);
}

// Returns the answer, or null when the oldest turns have to go first.
async function answer(signal) {
  const response = await ask(signal);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.code === "access.prompt_does_not_fit" && turns.length > 1) return null;
    throw new Error(problem.message);
  }
  const shown = show("assistant", "");
  let text = "";
  let finish = null;
  try {
    for await (const event of eventsOf(response)) {
      if (event.waking && !text) busy(`${model} is waking; this takes a second or two.`);
      if (event.error) throw new Error(event.error.message);
      if (event.text) {
        busy("");
        text += event.text;
        shown.body.textContent = text;
        follow();
      }
      finish = event.end || finish;
    }
  } finally {
    if (!text.trim()) {
      shown.body.textContent = "(silence)";
      shown.body.className = "quiet";
    }
    if (finish) proof(shown.item, response.headers.get("Emeritus-Receipt"), finish);
    else if (!text) shown.item.remove();
    if (text) turns.push({ role: "assistant", content: text });
  }
  return text;
}

async function speak(text) {
  const mine = show("user", text);
  turns.push({ role: "user", content: text });
  words.value = "";
  grow();
  stopping = new AbortController();
  settle();
  busy(`${model} reads.`);
  follow();
  try {
    while ((await answer(stopping.signal)) === null) {
      turns = turns.slice(2);
      busy("The oldest words no longer fit, and are left out.");
    }
    busy("");
  } catch (problem) {
    if (problem.name === "AbortError") {
      busy("You stopped it.");
      if (turns.at(-1)?.role === "user") turns.pop();
    } else {
      busy(`It did not answer: ${problem.message}.`.replace("..", "."));
      if (turns.at(-1)?.role === "user") {
        turns.pop();
        mine.item.remove();
        words.value = text;
        grow();
      }
    }
  }
  stopping = null;
  settle();
  follow();
  words.focus();
}

function grow() {
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight + 2, 320)}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (text && stopping === null) speak(text);
});
words.addEventListener("input", grow);
words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
buttons.stop.addEventListener("click", () => stopping?.abort());
buttons.anew.addEventListener("click", () => {
  turns = [];
  said.replaceChildren();
  busy("");
  settle();
  words.focus();
});
buttons.keep.addEventListener("click", () => {
  const body = JSON.stringify({ model, messages: turns }, null, 2);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([body], { type: "application/json" }));
  link.download = `conversation-with-${model}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
});
