// The gallery's thumbnails turn into the visitor's own photo in each style: asked for one by one,
// those in view first. While somebody paints, the server says that it is busy.
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
      if (!still.matches)
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

always(() => {
  showTurned();
  turn();
});
