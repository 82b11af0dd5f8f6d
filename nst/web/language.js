// The page in the visitor's language. Page and server speak English; what a person reads is looked
// up in languages/CODE.json when it appears or changes, and stays English where that has no words for
// it. There {1}, {2} stand for what changes, such as a number; the first that fits is taken, so what
// stands behind any sentence comes first, and what fits nearly anything last. Runs in the head,
// before Gradio.
(() => {
  const known = {{codes}}, rightToLeft = ['ar'];
  const base = document.currentScript?.dataset.base ?? 'languages/';
  const KEPT = 'studio-language';  // what the visitor chose, for the next visit
  const ENGLISH = {  // what Gradio says too shortly, or not in words
    'HTTP {1}: {"detail":"{2}","error":"{3}"}': '{2}',
    'Connection to the server was lost. Attempting reconnection...':
      'The connection was lost. The page comes back by itself, and what is being painted goes on.',
  };
  const READ = ['aria-label', 'alt', 'title', 'placeholder'];
  const SENTENCE = /\b(the|is|are|of|your|it|for|with)\b/i;  // English, not a name

  const asked = [localStorage.getItem(KEPT), ...navigator.languages].map(one => one?.split('-')[0]);
  let code = asked.find(one => known.includes(one)) ?? 'en';
  // Gradio has words of its own, in the browser's language and in no other, whatever is chosen here.
  // To it every browser speaks English, and its words are looked up like all others.
  for (const [name, value] of [['language', 'en'], ['languages', ['en']]])
    Object.defineProperty(navigator, name, {get: () => value, configurable: true});

  let words = new Map(), patterns = [];
  const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const load = async () => {
    const own = code === 'en' ? {} : await (await fetch(`${base}${code}.json`)).json();
    const all = {...ENGLISH, ...own};
    words = new Map(Object.entries(all));
    patterns = Object.entries(all).filter(([english]) => english.includes('{1}')).map(
      ([english, own]) => [RegExp(`^${escaped(english).replace(/\\\{\d\\\}/g, '(.+)')}$`, 's'), own]);
  };
  const look = text => {
    if (words.has(text)) return words.get(text);
    for (const [pattern, own] of patterns) {
      const parts = pattern.exec(text);
      const made = parts && own.replace(
        /\{(\d)\}/g, (_, number) => look(parts[number]) ?? parts[number]);
      if (made && made !== text) return made;  // of "{1}: {2}" perhaps no part has words here
    }
  };

  const written = new WeakMap();  // what stands where, by element or text: {what: [English, own]}
  const put = (owner, what, now, write) => {
    const all = written.get(owner) ?? {};
    const [before, after] = all[what] ?? [];
    const english = now === after ? before : now, bare = english.trim();
    const own = bare && look(bare.replace(/\s+/g, ' '));  // HTML may break its lines anywhere
    all[what] = [english, own ? english.replace(bare, () => own) : english];
    written.set(owner, all);
    if (all[what][1] !== now) write(all[what][1]);
    return own;
  };
  const putText = node => {
    const holder = node.parentElement;
    // In #going is a copy of what has been looked up: to change it would have it copied for ever.
    if (!holder || holder.closest('script, style, textarea, pre, #language, #going')) return;
    const own = put(node, 'text', node.data, text => { node.data = text; });
    const english = code !== 'en' && !own && SENTENCE.test(node.data);
    if (english) holder.lang = 'en';
    else if (holder.lang === 'en' && holder !== document.documentElement) holder.removeAttribute('lang');
  };
  const putAttribute = (element, name) => {
    if (element.hasAttribute(name))
      put(element, name, element.getAttribute(name), text => element.setAttribute(name, text));
  };
  const putAll = root => {
    if (root.nodeType === Node.TEXT_NODE) { putText(root); return; }
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) putText(texts.currentNode);
    for (const element of [root, ...root.querySelectorAll(READ.map(name => `[${name}]`))])
      for (const name of READ) putAttribute(element, name);
    const choice = document.querySelector('#language');
    if (choice && choice.value !== code) choice.value = code;
  };

  const speak = async () => {
    try { await load(); } catch { code = 'en'; }  // the net is cut
    document.documentElement.lang = code;
    document.documentElement.dir = rightToLeft.includes(code) ? 'rtl' : 'ltr';
    putAll(document.documentElement);
  };
  document.addEventListener('change', event => {
    if (event.target.id !== 'language') return;
    code = event.target.value;
    localStorage.setItem(KEPT, code);
    speak();
  });
  new MutationObserver(changes => {
    for (const {type, target, addedNodes, attributeName} of changes) {
      if (type === 'childList') addedNodes.forEach(putAll);
      else if (type === 'characterData') putText(target);
      else putAttribute(target, attributeName);
    }
  }).observe(document.documentElement, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: READ});
  const page = document.documentElement;  // Gradio says that it is English
  new MutationObserver(() => { if (page.lang !== code) page.lang = code; }).observe(
    page, {attributeFilter: ['lang']});
  speak();
})();
