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
