// TensorFlow Serving's REST, as any client of this server speaks it.

export async function models() {
  return answered(await fetch("models"));
}

// Rows of named inputs to rows of outputs.
export async function predict(model, signature, rows) {
  const response = await fetch(`v1/models/${encodeURIComponent(model)}:predict`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ signature_name: signature, instances: rows }),
  });
  return (await answered(response)).predictions;
}

// The JSON of an answer; an error with the server's own sentence where it refuses.
async function answered(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // What is not JSON comes from something between the page and the server.
  }
  if (!response.ok) throw new Error(body.error || `The server answered with ${response.status}.`);
  return body;
}

export async function inBase64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  // In parts: a call takes only so many arguments.
  for (let start = 0; start < bytes.length; start += 32768)
    text += String.fromCharCode(...bytes.subarray(start, start + 32768));
  return { b64: btoa(text) };
}

export const address = (value) => `data:image/png;base64,${value.b64}`;

// A function that asks for the newest of what it is given: while one request is under way, only the last of the others
// is kept.
export function newest(ask, show, fail) {
  let busy = false;
  let next = null;
  return async function request(...given) {
    next = given;
    if (busy) return;
    busy = true;
    while (next) {
      const now = next;
      next = null;
      try {
        const answer = await ask(...now);
        show(answer, ...now);
      } catch (error) {
        fail(error);
      }
    }
    busy = false;
  };
}
