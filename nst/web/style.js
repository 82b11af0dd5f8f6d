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
