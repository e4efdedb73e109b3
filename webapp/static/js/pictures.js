// A picture made as small as it is worth, before it goes up a narrow line.
const SIDE = 2400; // pixels: the server keeps no longer side
const HEAVY = 1.5e6; // bytes

// Upright, no larger than is kept, see-through where it was; null where little would be won.
export async function reduced(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size <= HEAVY) return null;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const seeThrough = file.type !== "image/jpeg" && isSeeThrough(pen.getImageData(0, 0, canvas.width, canvas.height).data);
  const type = seeThrough ? "image/png" : "image/jpeg";
  const made = await new Promise((resolve) => canvas.toBlob(resolve, type, 0.85));
  if (!made || made.size > file.size * 0.8) return null;
  return new File([made], file.name.replace(/\.[^.]*$/, "") + (seeThrough ? ".png" : ".jpg"), { type });
}

function isSeeThrough(pixels) {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] < 255) return true;
  return false;
}
