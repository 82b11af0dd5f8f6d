// What only a browser can do: the camera, sending photos, sharing, the focus, and the labels and
// arrow keys that Gradio leaves out. Runs once when the page has loaded. Everything else happens in
// Python.

document.querySelector('#shell')?.remove();  // the page stands now: see shell.html
const $ = selector => document.querySelector(selector);
const touch = matchMedia('(pointer: coarse)').matches;
for (const program of document.querySelectorAll('#privacy pre'))
  program.innerText = program.innerText.replace('ADDRESS', location.origin + location.pathname);
const say = (button, text, seconds = 2.5) => {
  const before = button.innerText;
  button.innerText = text;
  setTimeout(() => { button.innerText = before; }, 1000 * seconds);
};

// A phone opens its own camera or its photos.
for (const input of document.querySelectorAll('#take input[type=file]')) input.accept = 'image/*';
const input = $('#take input[type=file]');
if (touch) input.setAttribute('capture', 'user');

// Pictures dropped or pasted anywhere are the photo; in the panel of one's own style they are that.
const give = (files, place) => {
  const upload = [...place.querySelectorAll('input[type=file]')].at(-1);
  upload.files = files;
  upload.dispatchEvent(new Event('change', {bubbles: true}));
};
const take = (event, files) => {
  if (!files?.length) return;
  event.preventDefault();
  event.stopPropagation();
  give(files, event.target.closest?.('#own-style') ?? $('#take'));
};
document.addEventListener('dragover', event => event.preventDefault());
document.addEventListener('drop', event => take(event, event.dataTransfer.files), true);
document.addEventListener('paste', event => take(event, event.clipboardData.files));

// What Gradio has told of a try that failed goes with the next one, or where the page tells it.
window.closeErrors = () => {
  for (const one of document.querySelectorAll('.toast-close.error')) one.click();
};
const TRIES = ':is(#take, #bar, #result-actions) button';
for (const [what, where] of [['change', '[type=file]'], ['click', TRIES]])
  document.addEventListener(what, event => {
    if (event.target.closest?.(where)) closeErrors();
  }, true);

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

// A picture or a film as a file, with a link to the page in its style: shared where the browser can,
// else copied, else saved.
const sendOn = async (source, button, saved) => {
  const {title, query} = $('#send [data-query]')?.dataset ?? {};
  const url = new URL(location.href);
  [url.search, url.hash] = [query ?? '', ''];
  const blob = await (await fetch(source)).blob();
  const name = decodeURIComponent(source.split('/').pop());
  const files = [new File([blob], name, {type: blob.type})];
  try {
    if (navigator.canShare?.({files}))
      await navigator.share({files, title: title || document.title, url: url.href});
    else {
      await navigator.clipboard.write([new ClipboardItem({[blob.type]: blob})]);
      say(button, 'Copied');
    }
  } catch (error) {
    if (error.name !== 'AbortError') saved.click();  // the visitor closed the menu
  }
};
window.share = () => {
  const moving = $('#film .plays:not(.over-photo) video');
  return moving ? sendOn(moving.src, $('#share'), $('#mp4'))
    : sendOn($('#send [data-picture]').dataset.picture, $('#share'), $('#png'));
};
window.shareGift = () =>
  sendOn($('#gift-film video, #gift img').src, $('#share-gift'), $('#save-gift'));
window.saveFilm = () => {
  const {film} = $('#send [data-film]').dataset;
  if (!film) return;  // why stands beside Paint
  const link = document.createElement('a');
  [link.href, link.download] = [film, ''];
  link.click();
};

// A film without a player's controls.
document.addEventListener('click', event => {
  const film = event.target.closest?.('.plays')?.firstChild;
  if (film) film.paused ? film.play() : film.pause();
});
for (const what of ['play', 'pause'])
  document.addEventListener(what, ({target}) => {
    target.closest('.plays')?.classList.toggle('playing', !target.paused);
  }, true);

// How much of its photo the painting covers is seen at once. When a handle is let go, the server
// makes the file; until it is there, nothing can be sent or saved.
document.addEventListener('input', event => {
  const slider = event.target.closest('#cover-whole, #cover-face');
  if (!slider) return;
  const name = slider.id.replace('cover', '-');
  for (const figure of document.querySelectorAll(':is(#before-after, #film) figure'))
    figure.style.setProperty(name, event.target.value / 100);
  $('#result-actions').classList.add('making');
});
window.coverMade = () => $('#result-actions').classList.remove('making');

// A slider is also let go by a key, or by a touch that the browser takes away: Gradio knows neither.
// The first handle of a clip shows another photo then; that waits until the keys have left it.
const letGo = slider => slider.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
let moved = null;
document.addEventListener('change', event => {
  if (!event.target.matches?.('[type=range]')) return;
  if (event.target === handle('start')) moved = event.target;
  else letGo(event.target);
});
document.addEventListener('focusout', event => {
  if (event.target !== moved) return;
  letGo(moved);
  moved = null;
});

// A computer's webcam: its stream, or why there is none (a key of camera.py's sentences).
const webcam = async size => {
  try {
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    if (policy?.allowsFeature('camera') === false) return {why: 'policy'};
    const video = {facingMode: 'user', ...size};
    return {stream: await navigator.mediaDevices.getUserMedia({video})};
  } catch ({name}) {
    return {why: name};
  }
};

// A portrait that moves. A phone films with its own camera; a computer's webcam is recorded here,
// mirrored as a mirror shows it: what is filmed is what was seen.
const clips = () => [...document.querySelectorAll('#give-clip input[type=file]')];
let camera = null;  // while it is on: {stream, recording}
const cameraOff = () => {
  camera?.stream.getTracks().forEach(track => track.stop());
  camera = null;
  $('#camera-film').hidden = true;
};
const cameraOn = async button => {
  if (camera) return;
  const {stream} = await webcam({width: {ideal: 960}});
  if (!stream) { say(button, 'No camera; choose a clip'); return; }
  const video = $('#camera-film video'), canvas = $('#camera-film canvas'), record = $('#record');
  camera = {stream, recording: null};
  video.srcObject = stream;
  await video.play();
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const pen = canvas.getContext('2d');
  pen.setTransform(-1, 0, 0, 1, canvas.width, 0);
  const draw = () => {
    if (camera?.stream !== stream) return;
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    requestAnimationFrame(draw);
  };
  draw();
  record.textContent = `Record ${record.dataset.seconds} s`;
  $('#camera-film').hidden = false;
  record.focus();
};
const cameraRecord = () => {
  const record = $('#record'), seconds = +record.dataset.seconds;
  if (camera.recording) { camera.recording.stop(); return; }
  const type = ['video/mp4', 'video/webm'].find(one => MediaRecorder.isTypeSupported(one));
  const recording = new MediaRecorder($('#camera-film canvas').captureStream(30),
                                      {mimeType: type, videoBitsPerSecond: 5e6});
  const parts = [], began = performance.now();
  camera.recording = recording;
  recording.ondataavailable = event => parts.push(event.data);
  recording.onstop = () => {
    clearInterval(counting);
    if (!camera) return;  // cancelled
    cameraOff();
    const given = new DataTransfer();
    given.items.add(new File(parts, `selfie.${type.split('/')[1]}`, {type}));
    clips()[0].files = given.files;
    clips()[0].dispatchEvent(new Event('change', {bubbles: true}));
  };
  const counting = setInterval(() => {
    const left = seconds - (performance.now() - began) / 1000;
    record.textContent = `Stop (${Math.max(0, left).toFixed(0)} s left)`;
    if (left <= 0 && recording.state === 'recording') recording.stop();
  }, 100);
  recording.start();
};
document.addEventListener('click', event => {
  const button = event.target.closest?.('#film-yourself');
  if (button && !touch && window.isSecureContext && window.MediaRecorder) {
    event.stopPropagation();
    event.preventDefault();
    cameraOn(button);
  }
  if (event.target.id === 'record') cameraRecord();
  if (event.target.id === 'record-cancel') {
    const recording = camera?.recording;
    cameraOff();
    if (recording?.state === 'recording') recording.stop();
  }
}, true);

// The two handles on the clip keep half a second to four seconds between them: one takes the other
// along. CSS shows what lies outside them dimmed.
const handle = which => $(`#cut-${which} input[type=range]`);
const showCut = () => {
  const start = handle('start'), end = handle('end');
  if (!start || !end) return;
  const strip = $('#handles'), all = +start.max || 1;
  strip.style.setProperty('--from', start.value / all);
  strip.style.setProperty('--to', end.value / all);
};
document.addEventListener('input', event => {
  const which = event.target.closest?.('#cut-start') ? 'start' : 'end';
  if (!event.target.closest?.('#handles') || !handle('start')) return;
  const start = +handle('start').value, end = +handle('end').value, all = +handle('start').max;
  const most = +$('#record').dataset.seconds;
  const apart = Math.min(most, Math.max(.5, end - start));
  if (Math.abs(apart - (end - start)) > .01) {
    const other = handle(which === 'start' ? 'end' : 'start');
    const wanted = which === 'start' ? start + apart : end - apart;
    other.value = Math.min(all, Math.max(0, wanted));
    if (which === 'start') handle('start').value = Math.min(start, other.value - .5);
    else handle('end').value = Math.max(end, +other.value + .5);
    other.dispatchEvent(new Event('input', {bubbles: true}));
  }
  showCut();
});

// While a loop is painted its pictures lie on each other, and one at a time is seen.
const still = matchMedia('(prefers-reduced-motion: reduce)');
let seen = 0, onward = 1;
const showSeen = () => {
  const loop = $('#film .loop');
  if (!loop) return;
  [...loop.children].forEach((one, index) => one.classList.toggle('seen', index === seen));
};
const play = () => {
  const loop = $('#film .loop');
  setTimeout(play, 1000 / (loop?.dataset.fps ?? 4));
  if (!loop) return;
  const last = loop.children.length - 1;
  if (still.matches) seen = last;
  else if (loop.dataset.way === 'straight') seen = seen >= last ? 0 : seen + 1;
  else {
    if (seen >= last) onward = -1;
    if (seen <= 0) onward = 1;
    seen = Math.min(last, Math.max(0, seen + onward));
  }
  showSeen();
};
play();

// A style that a link names, or that was drawn, is whole in view among the pictures. Other pictures
// are seen from the first; those that stay, as where a search was cleared for what was drawn, stay
// where they are.
const galleryRows = () => document.querySelectorAll('#gallery :is(.grid-wrap, .grid-container)');
let inGallery = '';
const areOthers = () => {
  const before = inGallery;
  inGallery = [...document.querySelectorAll('#gallery img')].map(one => one.alt).join();
  return inGallery !== before;
};
window.showFirst = () => { if (areOthers()) galleryRows().forEach(row => row.scrollTo(0, 0)); };
const bringIntoRow = () => {
  areOthers();
  const chosen = $('#gallery .selected')?.getBoundingClientRect();
  if (!chosen) return;
  const beyond = (low, high, from, to) => Math.min(0, low - from) + Math.max(0, high - to);
  for (const row of galleryRows()) {
    const {left, right, top, bottom} = row.getBoundingClientRect();
    row.scrollBy(beyond(chosen.left, chosen.right, left, right),
                 beyond(chosen.top, chosen.bottom, top, bottom));
  }
};
// On a slow phone Gradio puts its pictures in late.
window.showChosen = () => { for (const after of [100, 600]) setTimeout(bringIntoRow, after); };

// A link to the page with the style that is chosen.
document.addEventListener('click', event => {
  const link = event.target.closest('#about a');
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  navigator.clipboard.writeText(link.href).then(() => say(link, 'Copied'));
});

// A computer's webcam: what it sees, 3-2-1, the picture, which is used or taken again.
const box = $('#camera-box dialog');
const boxPart = what => box.querySelector(what);
const noCamera = why => {
  for (const note of document.querySelectorAll('#no-camera p')) note.hidden = note.dataset.why !== why;
};
for (const link of document.querySelectorAll('#no-camera a')) link.href = location.href;
if (!touch && !window.isSecureContext) noCamera('insecure');
const openCamera = async () => {
  const video = boxPart('video');
  const {stream, why} = await webcam({width: {ideal: 1920}, height: {ideal: 1080}});
  if (!stream) {
    noCamera($(`#no-camera [data-why=${why}]`) ? why : 'other');
    return;
  }
  video.srcObject = stream;
  noCamera('');
  box.dataset.state = 'live';
  boxPart('output').value = '';
  box.showModal();
  video.play();
};
const shoot = async () => {
  const video = boxPart('video'), canvas = boxPart('canvas'), count = boxPart('output');
  const {srcObject} = video;
  box.dataset.state = 'counting';
  for (const number of [3, 2, 1]) {
    count.value = number;
    await pause(1);
    if (!box.open || video.srcObject !== srcObject) return;  // cancelled
  }
  count.value = '';
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext('2d');
  pen.setTransform(-1, 0, 0, 1, canvas.width, 0);
  pen.drawImage(video, 0, 0);
  box.dataset.state = 'taken';
  boxPart('[data-do=use]').focus();
};
const used = () => boxPart('canvas').toBlob(blob => {
  const files = new DataTransfer();
  files.items.add(new File([blob], 'webcam.jpg', {type: blob.type}));
  box.close();
  give(files.files, $('#take'));
}, 'image/jpeg', .95);
box.addEventListener('close', () => {  // also by Escape
  for (const track of boxPart('video').srcObject?.getTracks() ?? []) track.stop();
  boxPart('video').srcObject = null;
  $('#selfie').focus();
});
box.addEventListener('click', event => ({
  cancel: () => box.close(),
  shoot,
  again: () => { box.dataset.state = 'live'; boxPart('[data-do=shoot]').focus(); },
  use: used,
})[event.target.dataset.do]?.());
$('#selfie').addEventListener('click', event => {
  if (touch || !window.isSecureContext) return;
  event.stopPropagation();
  openCamera();
}, true);

// The gallery's thumbnails turn into the visitor's own photo in each style: asked for one by one,
// those in view first. While somebody paints, the server says that it is busy.
const pause = seconds => new Promise(done => setTimeout(done, 1000 * seconds));
const turned = new Map();  // address of a thumbnail by photo and style; null: there is none
const offered = () => {
  const line = $('#previews [data-crop]');
  if (!line) return [];
  const {crop} = line.dataset, images = document.querySelectorAll('#gallery .thumbnail-item img');
  const own = $('#own-preview [data-own]');
  return [
    ...(own ? [{image: own.firstChild, crop, style: 0, own: own.dataset.own}] : []),
    ...JSON.parse(line.dataset.styles).map(([style, title], i) => (
      {image: images[i], title, crop, style, own: ''})),
  ].filter(one => one.image && (one.own || one.image.alt === one.title)).map(one => (
    {...one, key: `${one.crop} ${one.style} ${one.own}`}));
};
const showTurned = () => {
  const wanted = new Map(offered().map(one => [one.image, turned.get(one.key)]));
  for (const image of document.querySelectorAll('#gallery .thumbnail-item img, #own-preview img')) {
    const address = wanted.get(image), {own, painting} = image.dataset;
    if (image.getAttribute('src') !== own) delete image.dataset.own;  // Gradio put another there
    if (address && image.dataset.own !== address) {
      if (image.dataset.own === undefined) image.dataset.painting = image.getAttribute('src') ?? '';
      image.dataset.own = address;
      image.setAttribute('src', address);
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches)
        image.animate({opacity: [0, 1]}, 400);
    } else if (!address && image.dataset.own !== undefined) {
      delete image.dataset.own;
      image.setAttribute('src', painting);
    }
  }
};
const inView = image => {
  const row = (image.closest('#gallery .grid-wrap') ?? document.body).getBoundingClientRect();
  const {left, right, top, bottom} = image.getBoundingClientRect();
  return right > Math.max(0, row.left) && left < Math.min(innerWidth, row.right)
    && bottom > Math.max(0, row.top) && top < Math.min(innerHeight, row.bottom);
};
let turning = false;
const turn = async () => {
  if (turning) return;
  turning = true;
  for (let wait = 1; ; ) {
    const left = offered().filter(one => !turned.has(one.key));
    if (!left.length) break;
    const next = left.find(one => inView(one.image)) ?? left[0];
    let file = null;
    try {
      const answer = await fetch('gradio_api/run/preview', {
        method: 'POST', headers: {'Content-Type': 'application/json'},
        body: JSON.stringify({data: [next.crop, next.style, next.own]})});
      if (answer.ok) ({data: [file]} = await answer.json());
    } catch { file = {busy: true}; }  // the net is cut
    if (file?.busy) await pause(wait = Math.min(10, 1.5 * wait));
    else {
      wait = 1;
      turned.set(next.key, file?.file ? `gradio_api/file=${encodeURI(file.file)}` : null);
      showTurned();
    }
  }
  turning = false;
};
let tapped = false;
document.addEventListener('click', event => {
  const one = event.target.closest('#gallery .thumbnail-item, #own-preview button');
  if (one) tapped = one.querySelector('img').dataset.own !== undefined;
  if (one?.closest('#own-preview')) paintTapped();
}, true);
window.paintTapped = () => {
  if (tapped && $('#paint')?.checkVisibility()) $('#paint').click();
  tapped = false;
};

// The photo booth, where the page is one.
if ($('#booth [data-styles]') || new URLSearchParams(location.search).has('booth')) {
  const script = document.createElement('script');
  [script.type, script.src] = ['module', 'booth/booth.js'];
  document.head.append(script);
}

// Gradio gives every radio button a name of its own, so that arrow keys do not work, and each
// thumbnail a tab stop and "Thumbnail 3 of 23" for a name.
const arrows = (event, all) => {
  const right = document.documentElement.dir === 'rtl' ? -1 : 1;
  const step = {ArrowRight: right, ArrowDown: 1, ArrowLeft: -right, ArrowUp: -1}[event.key];
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
let names = null;  // of two results that are compared, above their lines
const read = () => {
  const {classList} = document.body;
  if (!classList.contains('painting') && !classList.contains('away')) classList.remove('news');
};
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
  if (painting && !document.body.classList.contains('painting')) {
    $('#wall').scrollTop = 0;  // it scrolls on a phone held sideways alone
    if ($('#wall').offsetTop < 200 && matchMedia('(max-width: 768px)').matches)
      $('#wall').scrollIntoView({behavior: 'smooth'});
  }
  document.body.classList.toggle('painting', painting);
  if (painting) document.body.classList.add('news');
  read();
  const compared = $('#status span');
  if (compared && compared !== names) {
    $('#wall').scrollTop = 0;
    if ($('#wall').getBoundingClientRect().top < 0) $('#columns').scrollIntoView({behavior: 'smooth'});
  }
  names = compared;
  for (const [index, one] of clips().entries()) {
    one.accept = touch && !index ? 'video/*' : 'video/*,image/gif,image/webp';
    if (touch && !index) one.setAttribute('capture', 'user');
  }
  showCut();
  showSeen();
  for (const film of document.querySelectorAll('.plays [autoplay]'))
    if (still.matches) { film.autoplay = false; film.pause(); }
  showTurned();
  turn();
};
tidy();
new MutationObserver(tidy).observe(document.body, {childList: true, subtree: true});

// How high the wall and the bar are, for the place at which the wall stays.
const heights = new ResizeObserver(entries => {
  for (const {target} of entries)
    document.documentElement.style.setProperty(target.id === 'wall' ? '--tall' : '--bar',
                                               `${target.offsetHeight}px`);
});
for (const one of ['#wall', '#bar']) heights.observe($(one));

// Whoever scrolls on while it is painted sees in the bar how far it is, and how it ended until that
// has been seen on the wall. Gradio changes the words and the width in the elements that are there.
const repeat = () => { $('#going [aria-hidden]').innerHTML = $('#status .prose').innerHTML; };
repeat();
new MutationObserver(repeat).observe($('#status'), {
  childList: true, subtree: true, characterData: true, attributeFilter: ['style']});
new IntersectionObserver(([{isIntersecting}]) => {
  document.body.classList.toggle('away', !isIntersecting);
  read();
}).observe($('#status'));

// The focus never falls to the body: where the control that had it goes away, it moves to Stop when
// painting begins, to the wall when a picture is done, else to Paint.
let focused = null;
document.addEventListener('focusin', event => { focused = event.target; });
document.addEventListener('pointerdown', event => {
  if (!event.target.closest?.('button, input, a')) focused = null;  // a tap beside all controls
});
const there = one => one?.isConnected && one.checkVisibility();
const keepFocus = () => {
  if (!focused || there(focused) && !focused.disabled || there(document.activeElement)
      && document.activeElement !== document.body) return;
  const [bar] = [$('#stop'), $('#paint')].filter(there);
  if (!bar || bar.disabled) return;
  if (focused.id !== 'stop' || bar.id === 'stop') bar.focus({preventScroll: true});
  else {
    focused = null;
    setTimeout(() => {  // once the wall has turned to the result
      if (document.activeElement === document.body)
        $('#wall [role=tab][aria-selected=true]')?.focus({preventScroll: true});
    }, 200);
  }
};
new MutationObserver(keepFocus).observe(
  document.body, {childList: true, subtree: true, attributeFilter: ['disabled']});

// Where two are to be compared, the pictures that are asked for are in view.
document.addEventListener('change', event => {
  if (event.target.closest?.('#both'))
    $('#visit').scrollIntoView({behavior: 'smooth', block: 'nearest'});
});

// "Forget all" cannot be undone, so it asks: only a second press within some seconds means it.
const ASKING = 5;  // seconds
document.addEventListener('click', event => {
  const button = event.target.closest?.('#forget');
  if (!button) return;
  if (button.dataset.asked) { delete button.dataset.asked; return; }
  event.stopPropagation();
  event.preventDefault();
  button.dataset.asked = 'yes';
  say(button, 'Delete all?', ASKING);
  setTimeout(() => delete button.dataset.asked, 1000 * ASKING);
}, true);

// A photo on its way: seen at once from this device's own memory, made smaller before it is sent,
// and told of until it has arrived. Who presses Paint meanwhile, also after a tap on a sample, is
// painted then.

const SENT_SIDE = 4096;  // px of the longer side; no result has more
const LONGEST = 10;  // seconds until a photo that has been taken is on the wall, at the latest
const SENT_QUALITY = .92;  // of JPEG and WebP
const [shown, told] = [$('#arriving img'), $('#sending p')];
let sending = 0;  // photos that have been given, and the server has not answered yet
let taken, onWall;  // paths: of the page's photo, and of that to which the wall has turned
const leaving = new Set();  // those that are not sent yet
const nameOf = file => `${file.name} ${file.size}`;
let patience;  // a timer
let afterwards = null;  // the button that was pressed meanwhile

const tell = (words, wrong = false) => {
  told.textContent = words;
  told.classList.toggle('wrong', wrong);
};
const showPhoto = async file => {
  URL.revokeObjectURL(shown.src);
  shown.src = URL.createObjectURL(file);
  try {
    await shown.decode();
    $('#arriving').classList.toggle('seen', !document.body.classList.contains('painting'));
  } catch { /* no picture, or one that only the server can read, as HEIC mostly is */ }
};

// Upright, as the browser shows it. What it cannot read and what is small already goes as it is.
const smaller = async file => {
  if (/hei[cf]/i.test(`${file.type} ${file.name}`)) return file;
  const {naturalWidth: width, naturalHeight: height} = shown;
  const scale = SENT_SIDE / Math.max(width, height, 1);
  if (!width || scale >= 1) return file;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(shown, 0, 0, canvas.width, canvas.height);
  const type = file.type === 'image/jpeg' ? file.type : 'image/webp';  // which keeps transparency
  const blob = await new Promise(done => canvas.toBlob(done, type, SENT_QUALITY));
  if (!blob) return file;
  const name = `${file.name.replace(/\.\w+$/, '')}.${blob.type.split('/')[1]}`;
  return new File([blob], name, {type: blob.type});
};

document.addEventListener('change', async event => {
  const input = event.target.closest?.('#take input[type=file]');
  const [file] = input?.files ?? [];
  if (!file || input.dataset.ready) { delete input?.dataset.ready; return; }
  event.stopPropagation();
  sending += 1;
  tell('Sending your photo.');
  await showPhoto(file);
  const files = new DataTransfer();
  files.items.add(await smaller(file));
  const [sent] = files.files;
  const most = gradio_config.max_file_size ?? Infinity;
  if (sent.size > most) {
    unsent(`${sent.name} is larger than ${Math.floor(most / 2 ** 20)} MB; give a smaller file.`);
    return;
  }
  leaving.add(nameOf(sent));
  input.files = files.files;
  input.dataset.ready = 'yes';
  input.dispatchEvent(new Event('change', {bubbles: true}));
}, true);

// fetch, by which Gradio sends files, does not tell how much of a file has gone. Where a photo does
// not arrive, why is told here, and Gradio, which would tell it in a notice of its own, goes on
// waiting; nothing of its page waits with it.
const fetched = window.fetch;
window.fetch = (address, options) => {
  const files = options?.body instanceof FormData ? options.body.getAll('files') : [];
  if (!files.some(file => leaving.delete(nameOf(file)))) return fetched(address, options);
  return new Promise(done => {
    const request = new XMLHttpRequest();
    request.open('POST', address);
    request.withCredentials = options.credentials === 'include';
    for (const [name, value] of new Headers(options.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({loaded, total}) => tell(
      `Sending your photo: ${Math.floor(100 * loaded / total)} %.`
      + (afterwards ? ' Then it is painted.' : ''));
    request.onload = () => {
      if (request.status < 400) done(new Response(request.response));
      else unsent(request.getResponseHeader('Content-Type') === 'application/json'
        && JSON.parse(request.response).error);
    };
    request.onerror = () => unsent();
    request.send(options.body);
  });
};

const isOnItsWay = () => sending > 0 || taken !== onWall;
const arrived = good => {
  clearTimeout(patience);
  if (isOnItsWay()) return;
  tell('');
  const button = afterwards;
  afterwards = null;
  if (good) button?.click();
  setTimeout(() => {  // the wall shows the server's copy then, or the photo before
    const copy = $('#stage img'), uncover = () => $('#arriving').classList.remove('seen');
    if (!good || !copy || copy.complete) uncover();
    else for (const end of ['load', 'error']) copy.addEventListener(end, uncover, {once: true});
  }, 100);
};

// The server has looked at it. Where it is no picture, a note says so; else it comes to the wall
// now, and only then may a painting begin: what brings it there ends the job at hand.
const answered = (path, good) => {
  [taken, sending] = [path, Math.max(0, sending - 1)];
  arrived(good);
  if (isOnItsWay()) patience = setTimeout(() => photoShown({path}), 1000 * LONGEST);
};
const unsent = why => {
  answered(taken, false);
  tell(why || 'Your photo could not be sent. Choose it again.', true);
};
window.photoTaken = (photo, wrong) => answered(photo?.path, !wrong);
window.photoShown = photo => {
  onWall = photo?.path;
  if (!sending) taken = onWall;  // also a clip's, or none any more
  arrived(true);
};
document.addEventListener('click', event => {
  if (event.target.closest?.('#samples .thumbnail-item')) sending += 1;
}, true);

document.addEventListener('click', event => {
  const pressed = what => event.target.closest?.(what);
  if (!isOnItsWay() && pressed(TRIES)) tell('');
  const button = pressed('#paint, #six');
  if (!button || !isOnItsWay()) return;
  event.stopPropagation();
  event.preventDefault();
  afterwards = button;
  if (told.textContent) tell(`${told.textContent.replace(/ Then.*/, '')} Then it is painted.`);
}, true);
