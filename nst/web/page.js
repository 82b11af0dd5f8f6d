// Runs once when the page has loaded. Everything else happens in Python.

const stacked = matchMedia('(max-width: 768px)');

// Browsers give no camera to a page that came over plain HTTP from another machine.
const cameraNote = document.querySelector('#camera-note');
if (cameraNote) cameraNote.hidden = window.isSecureContext;

// On a touch screen the camera comes first.
const camera = document.querySelector('#photo [aria-label="Capture from camera"]');
if (camera && window.isSecureContext && matchMedia('(pointer: coarse)').matches) camera.click();

// Gradio labels thumbnails "Thumbnail 3 of 23", and its video and before/after slider not at all.
function labelPictures() {
  document.querySelectorAll('.thumbnail-item').forEach(button => {
    const words = button.querySelector('img')?.alt;
    if (words && button.ariaLabel !== words) button.ariaLabel = button.title = words;
  });
  const film = document.querySelector('#film video');
  if (film && !film.ariaLabel) film.ariaLabel = 'Film of the result being painted';
  document.querySelectorAll('#before-after img').forEach((image, index) => {
    const words = index ? 'After: the result' : 'Before: the photo';
    if (image.alt !== words) image.alt = words;
  });
}
labelPictures();
new MutationObserver(labelPictures).observe(document.body, {childList: true, subtree: true});

// Where the columns are stacked, the result panel comes into view when painting begins.
document.addEventListener('click', event => {
  if (stacked.matches && event.target.closest('#paint, #softer, #stronger'))
    document.querySelector('#wall').scrollIntoView({behavior: 'smooth', block: 'start'});
});
