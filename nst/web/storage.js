// Where storage is blocked (a frame of another site, "block all cookies"), every access to it
// throws, in Gradio's scripts too, and what follows is never run. Such a page keeps in memory what
// it would have stored; the frame's name carries it over a reload. Runs in the page's head, before
// Gradio's modules.
for (const kind of ['localStorage', 'sessionStorage']) {
  try {
    window[kind].getItem('');
  } catch {
    const mark = `studio-${kind}:`;
    const lines = () => window.name.split('\n').filter(line => !line.startsWith(mark));
    const found = window.name.split('\n').find(line => line.startsWith(mark));
    let held = {};
    try { held = JSON.parse(found.slice(mark.length)); } catch { /* the first page in this frame */ }
    const keep = () => { window.name = [...lines(), mark + JSON.stringify(held)].join('\n'); };
    const memory = {
      getItem: key => Object.hasOwn(held, key) ? held[key] : null,
      setItem: (key, value) => { held[key] = String(value); keep(); },
      removeItem: key => { delete held[key]; keep(); },
      clear: () => { held = {}; keep(); },
      key: index => Object.keys(held)[index] ?? null,
      get length() { return Object.keys(held).length; },
    };
    Object.defineProperty(window, kind, {value: memory, configurable: true});
  }
}
