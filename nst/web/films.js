// A film without a player's controls.
document.addEventListener('click', event => {
  const film = event.target.closest?.('.plays')?.firstChild;
  if (film) film.paused ? film.play() : film.pause();
});
for (const what of ['play', 'pause'])
  document.addEventListener(what, ({target}) => {
    target.closest('.plays')?.classList.toggle('playing', !target.paused);
  }, true);

// None begins by itself where the visitor wants nothing to move.
always(() => {
  for (const film of document.querySelectorAll('.plays [autoplay]'))
    if (still.matches) { film.autoplay = false; film.pause(); }
});
