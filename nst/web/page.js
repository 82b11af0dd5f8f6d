// What only a browser can do: the camera, sharing, and the labels and arrow keys that Gradio leaves
// out. Runs once when the page has loaded. Everything else happens in Python.

const $ = selector => document.querySelector(selector);
const touch = matchMedia('(pointer: coarse)').matches;
const say = (button, text) => {
  const before = button.innerText;
  button.innerText = text;
  setTimeout(() => { button.innerText = before; }, 2500);
};

// A phone opens its own camera or its photos; a computer's webcam is shown in the page.
for (const input of document.querySelectorAll('#take input[type=file]')) input.accept = 'image/*';
const input = $('#take input[type=file]');
if (touch) input.setAttribute('capture', 'user');
else $('#camera-note').hidden = window.isSecureContext;
$('#selfie').addEventListener('click', event => {
  if (touch || !window.isSecureContext) return;
  event.stopPropagation();
  $('#steps').dataset.camera = 'on';
  $('#photo [aria-label="Remove"], #photo [aria-label="Clear"]')?.click();
  $('#photo [aria-label="Capture from camera"]')?.click();
  setTimeout(() => $('#photo [title="grant webcam access"] button')?.click(), 300);
}, true);

// Pictures dropped or pasted anywhere are the photo.
const take = (event, files) => {
  if (!files?.length || event.target.closest?.('#own, #photo')) return;
  event.preventDefault();
  const all = $('#take').querySelectorAll('input[type=file]'), upload = all[all.length - 1];
  upload.files = files;
  upload.dispatchEvent(new Event('change', {bubbles: true}));
};
document.addEventListener('dragover', event => event.preventDefault());
document.addEventListener('drop', event => take(event, event.dataTransfer.files));
document.addEventListener('paste', event => take(event, event.clipboardData.files));

// Another server (this one was started again, or a balancer's replica died) has none of the
// visitor's pictures; Gradio then loads the page anew without a word.
const server = String(window.gradio_config?.app_id);
const lost = sessionStorage.getItem('server');
$('#lost-note').hidden = !lost || lost === server;
const given = () => {
  $('#lost-note').hidden = true;
  sessionStorage.setItem('server', server);
};
document.addEventListener('change', event => event.target.closest('#take') && given(), true);
$('#paint').addEventListener('click', given, true);

// The result as a file: shared where the browser can, else copied, else saved.
window.share = async () => {
  const picture = $('#before-after img:last-of-type'), button = $('#share');
  const blob = await (await fetch(picture.src)).blob();
  const name = decodeURIComponent(picture.src.split('/').pop());
  const files = [new File([blob], name, {type: blob.type})];
  try {
    if (navigator.canShare?.({files})) await navigator.share({files, title: document.title});
    else {
      await navigator.clipboard.write([new ClipboardItem({[blob.type]: blob})]);
      say(button, 'Copied');
    }
  } catch (error) {
    if (error.name !== 'AbortError') $('#png').click();  // the visitor closed the menu
  }
};

// A link to the page with the style that is chosen.
document.addEventListener('click', event => {
  const link = event.target.closest('#about a');
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  navigator.clipboard.writeText(link.href).then(() => say(link, 'Copied'));
});

// Gradio gives every radio button a name of its own, so that arrow keys do not work, and each
// thumbnail a tab stop and "Thumbnail 3 of 23" for a name.
const arrows = (event, all) => {
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
  if (!step) return;
  event.preventDefault();
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  all.forEach(one => { one.tabIndex = one === next ? 0 : -1; });
  next.focus();
};
const rows = [
  ['#gallery', '.thumbnail-item'], ['#strip', '.thumbnail-item'],
  ['#six-pictures', '.thumbnail-item'], ['#samples', '.thumbnail-item'],
  ['#wall', '[role=tablist] button'],
];
document.addEventListener('keydown', event => {
  for (const [where, what] of rows)
    if (event.target.matches?.(`${where} ${what}`))
      arrows(event, [...document.querySelectorAll(`${where} ${what}`)]);
});
let groups = 0;
const tidy = () => {
  for (const group of document.querySelectorAll('fieldset')) {
    group.dataset.radios ??= `radios-${++groups}`;
    for (const radio of group.querySelectorAll('[type=radio]')) radio.name = group.dataset.radios;
  }
  for (const [where, what] of rows) {
    const all = [...document.querySelectorAll(`${where} ${what}`)];
    for (const one of all) {
      const words = one.querySelector('img')?.alt;
      if (words && one.ariaLabel !== words) one.ariaLabel = one.title = words;
    }
    if (all.filter(one => one.tabIndex === 0).length > 1) {
      const first = all.find(one => one.matches('.selected')) ?? all[0];
      for (const one of all) one.tabIndex = one === first ? 0 : -1;
    }
  }
  const painting = !!$('#stop')?.checkVisibility();
  if (painting && !document.body.classList.contains('painting') && $('#wall').offsetTop < 200
      && matchMedia('(max-width: 768px)').matches)
    $('#wall').scrollIntoView({behavior: 'smooth'});
  document.body.classList.toggle('painting', painting);
  if ($('#photo img[src*="file="]')) delete $('#steps').dataset.camera;
};
tidy();
new MutationObserver(tidy).observe(document.body, {childList: true, subtree: true});
