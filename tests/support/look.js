// What is wrong with the page as it is shown: a list of sentences.
() => {
  const faults = [];
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  const width = document.documentElement.clientWidth;
  const name = (element) => {
    const kind = element.getAttribute("class");
    const text = (element.textContent || "").trim().slice(0, 30);
    return `<${element.tagName.toLowerCase()}${kind ? ` class="${kind}"` : ""}> "${text}"`;
  };
  const isShown = (element) => element.getClientRects().length > 0
    && getComputedStyle(element).visibility !== "hidden";
  const root = document.scrollingElement || document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    faults.push(`the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth} px`);
  }

  // Luminance as WCAG defines it, and the contrast of letters with what is behind them.
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let above = element; above; above = above.parentElement) {
      const colour = getComputedStyle(above).backgroundColor;
      if (!/, 0\)$/.test(colour) && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (letters, behind) => {
    const [light, dark] = [luminance(letters), luminance(behind)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  for (const element of document.querySelectorAll("body *")) {
    if (!isShown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > width + 0.5 || box.left < -0.5)) {
      faults.push(`${name(element)} lies from ${box.left.toFixed(1)} to ${box.right.toFixed(1)} px`);
    }
    const isBox = !(element instanceof SVGElement) && getComputedStyle(element).display !== "inline";
    if (isBox && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
      faults.push(`${name(element)} holds ${element.scrollWidth} px in ${element.clientWidth} px`);
    }
    const ownText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (ownText && element.tagName !== "title") {
      const style = getComputedStyle(element);
      const letters = element instanceof SVGElement ? style.fill : style.color;
      const found = contrast(letters, background(element));
      if (found < 4.5) faults.push(`${name(element)} has a contrast of ${found.toFixed(1)}`);
    }
  }

  // Words that are broken for want of room; only those that no line would hold may be.
  const longest = 30;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!isShown(node.parentElement) || node.parentElement instanceof SVGElement) continue;
    for (const word of node.textContent.matchAll(/[^\s-]+/g)) {
      if (word[0].length > longest) continue;
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
      if (lines.size > 1) faults.push(`"${word[0]}" is broken in ${name(node.parentElement)}`);
    }
  }
  const pen = document.createElement("canvas").getContext("2d");
  for (const cell of document.querySelectorAll("td[data-head]")) {
    const style = getComputedStyle(cell, "::before");
    if (!isShown(cell) || style.content === "none" || style.display === "none") continue;
    pen.font = style.font;
    for (const word of cell.dataset.head.split(/[\s-]+/)) {
      if (pen.measureText(word).width > parseFloat(style.width) + 1) {
        faults.push(`"${word}" is broken before ${name(cell)}`);
      }
    }
  }

  for (const drawing of document.querySelectorAll("svg")) {
    if (!isShown(drawing)) continue;
    const outer = drawing.getBoundingClientRect();
    const texts = [...drawing.querySelectorAll("text")].filter(isShown)
      .map((text) => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, box], number) => {
      if (box.left < outer.left - 0.5 || box.right > outer.right + 0.5
        || box.top < outer.top - 0.5 || box.bottom > outer.bottom + 0.5) {
        faults.push(`${name(text)} lies outside of its drawing`);
      }
      const size = parseFloat(getComputedStyle(text).fontSize)
        * (outer.width / (drawing.viewBox.baseVal.width || outer.width));
      if (size < 8.5) faults.push(`${name(text)} has letters of ${size.toFixed(1)} px`);
      // What stands in a box of a drawing has to fit it; bars of charts are no boxes.
      if (text.matches(".name, .where")) {
        for (const frame of drawing.querySelectorAll("rect")) {
          const around = frame.getBoundingClientRect();
          const middle = (box.left + box.right) / 2;
          if (around.left < middle && middle < around.right
            && around.top < box.top && box.bottom < around.bottom
            && (box.left < around.left + 2 || box.right > around.right - 2)) {
            faults.push(`${name(text)} does not fit its box`);
          }
        }
      }
      for (const [other, place] of texts.slice(number + 1)) {
        if (box.left < place.right && place.left < box.right
          && box.top + 2 < place.bottom && place.top + 2 < box.bottom) {
          faults.push(`${name(text)} covers ${name(other)}`);
        }
      }
    });
  }
  return faults;
}
