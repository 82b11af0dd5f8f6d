// The photo booth: mirror, 3-2-1, the photo, a style, the painting, a QR code; then the next guest.
// page.js loads this where the page is a booth, and nowhere else. The words are in booth.py.

const box = document.querySelector('#booth dialog');
const part = what => box.querySelector(what);
const wait = seconds => new Promise(done => setTimeout(done, 1000 * seconds));
const AGAIN = 60;  // seconds in which a guest does something, or the next one's turn begins
// Names of styles: the address comes before the server's own wish.
const wanted = new URLSearchParams(location.search).get('booth') || box.dataset.styles || '';

const address = file => `gradio_api/file=${encodeURI(file)}`;
const post = async (where, data) => {
  const answer = await fetch(`gradio_api/${where}`, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({data})});
  const said = await answer.json();
  if (!answer.ok) throw Error(said.detail ?? '');
  return said;
};
const call = async (name, ...data) => (await post(`run/${name}`, data)).data[0];

let styles = [];
let guest = 0;  // grows with each: what comes late for an earlier one is dropped
let photo = '', painting = '', events = null, counting = 0;

const show = state => {
  box.dataset.state = state;
  clearInterval(counting);
  const counted = ['choose', 'done', 'failed'].includes(state);
  part('.again').hidden = !counted;
  if (counted) {
    const end = Date.now() + 1000 * AGAIN;
    const tell = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      const again = part('.again');
      again.textContent = again.dataset.words.replace('{1}', Math.max(0, left));
      if (left <= 0) begin();
    };
    tell();
    counting = setInterval(tell, 500);
  }
  part(`[data-in=${state}] button`)?.focus();
};
const fail = words => {
  part('[role=alert]').textContent = words || part('[role=alert]').dataset.wordsFault;
  show('failed');
};

// The mirror; it stays on between guests.
const mirror = async () => {
  const video = part('video');
  if (video.srcObject?.active) return;
  video.srcObject = await navigator.mediaDevices.getUserMedia(
    {video: {facingMode: 'user', width: {ideal: 1920}, height: {ideal: 1080}}});
  await video.play();
  navigator.wakeLock?.request('screen').catch(() => {});  // a booth does not fall asleep
};

const forget = () => {
  events?.close();
  if (photo) call('booth_forget', photo, painting).catch(() => {});
  [events, photo, painting] = [null, '', ''];
  part('.painting').removeAttribute('src');
  part('.qr').removeAttribute('src');
  part('canvas').width = 0;
};
const begin = async () => {
  guest++;
  forget();
  try {
    if (!styles.length) {
      const {styles: offered, error} = await call('booth_styles', wanted);
      if (error) { fail(error); return; }
      styles = offered;
    }
  } catch { fail(); return; }
  try { await mirror(); } catch { fail(part('[role=alert]').dataset.wordsCamera); return; }
  show('mirror');
};

// The photo is not mirrored: it shows the guest, and what is written on the shirt, as others see it.
const shoot = async () => {
  if (!document.fullscreenElement) document.documentElement.requestFullscreen?.().then(() => {
    box.close();  // the page, which fills the screen now, would lie over the booth
    box.showModal();
  }).catch(() => {});
  const count = part('output'), video = part('video'), canvas = part('canvas'), mine = guest;
  show('counting');
  for (const number of [3, 2, 1]) {
    count.value = number;
    await wait(1);
  }
  count.value = '';
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext('2d').drawImage(video, 0, 0);
  if (styles.length > 1) { offer(); show('choose'); } else show('painting');
  const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', .95));
  const form = new FormData();
  form.append('files', blob, 'booth.jpg');
  try {
    const answer = await fetch('gradio_api/upload', {method: 'POST', body: form});
    if (!answer.ok) throw Error((await answer.json()).detail);
    const [file] = await answer.json();
    if (mine !== guest) { call('booth_forget', file, ''); return; }
    photo = file;
    if (styles.length > 1) await preview(mine); else paint(styles[0].number);
  } catch (error) { if (mine === guest) fail(error.message); }
};

const offer = () => part('.styles').replaceChildren(...styles.map(style => {
  const button = document.createElement('button'), picture = document.createElement('img');
  Object.assign(button, {type: 'button', onclick: () => paint(style.number)});
  Object.assign(picture, {src: address(style.picture), alt: ''});
  button.append(picture, style.title);
  return button;
}));
// The guest's own face in each style, as in the page's gallery.
const preview = async mine => {
  const {crop} = await call('booth_crop', photo);
  const pictures = part('.styles').querySelectorAll('img');
  for (const [index, style] of crop ? styles.entries() : []) {
    if (mine !== guest || box.dataset.state !== 'choose') return;
    const {file} = await call('preview', crop, style.number, '');
    if (file) pictures[index].src = address(file);
  }
};

const paint = async number => {
  const mine = guest;
  part('.status').textContent = '';
  show('painting');
  try {
    while (!photo) {  // it is still on its way
      await wait(.1);
      if (mine !== guest || box.dataset.state !== 'painting') return;
    }
    const page = new URL('.', location.href).href;
    const {event_id} = await post('call/booth_paint', [photo, number, page]);
    if (mine !== guest) return;
    events = new EventSource(`gradio_api/call/booth_paint/${event_id}`);
  } catch (error) { if (mine === guest) fail(error.message); return; }
  events.addEventListener('generating', event => seen(JSON.parse(event.data)[0]));
  events.addEventListener('complete', () => events.close());
  events.addEventListener('error', () => {
    events.close();
    if (box.dataset.state === 'painting') fail();
  });
};
const seen = ({picture, status, done, qr, error}) => {
  if (error) { events.close(); fail(error); return; }
  if (picture) part('.painting').src = address(picture);
  if (status) part('.status').innerHTML = status;
  if (!done) return;
  painting = picture;
  part('figure').hidden = !qr;
  if (qr) part('.qr').src = qr;
  show('done');
};

box.addEventListener('click', event => (
  {shoot, begin, print: () => window.print()}[event.target.dataset.do]?.()));
box.addEventListener('cancel', event => event.preventDefault());  // a guest does not leave the booth
part('[data-do=print]').hidden = !window.print;

const look = document.createElement('link');
Object.assign(look, {rel: 'stylesheet', href: 'booth/booth.css'});
look.onload = () => {
  box.showModal();
  begin();
};
document.head.append(look);
