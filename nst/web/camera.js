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
