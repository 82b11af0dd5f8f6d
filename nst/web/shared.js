// What more than one part of the page's script uses; script.py puts it before all of them.
const $ = selector => document.querySelector(selector);
const touch = matchMedia('(pointer: coarse)').matches;
const still = matchMedia('(prefers-reduced-motion: reduce)');
const pause = seconds => new Promise(done => setTimeout(done, 1000 * seconds));

const say = (button, text, seconds = 2.5) => {
  const before = button.innerText;
  button.innerText = text;
  setTimeout(() => { button.innerText = before; }, 1000 * seconds);
};

// Done now, and again whenever Gradio has put something into the page or taken it out.
const chores = [];
const always = chore => {
  chore();
  chores.push(chore);
};
new MutationObserver(() => { for (const chore of chores) chore(); }).observe(
  document.body, {childList: true, subtree: true});

// Files for the last button in a place that takes one, as if they had been chosen there.
const give = (files, place) => {
  const upload = [...place.querySelectorAll('input[type=file]')].at(-1);
  upload.files = files;
  upload.dispatchEvent(new Event('change', {bubbles: true}));
};

// What begins anew, so that what was said of a try before is out of date.
const TRIES = ':is(#take, #bar, #result-actions) button';

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
