// Unpacking of gzip (RFC 1951, 1952) for browsers without DecompressionStream.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function huffman(lengths) {
  const count = new Uint16Array(16), offset = new Uint16Array(16), symbol = new Uint16Array(lengths.length);
  for (const length of lengths) count[length] += 1;
  count[0] = 0;
  for (let i = 1; i < 16; i += 1) offset[i] = offset[i - 1] + count[i - 1];
  lengths.forEach((length, i) => { if (length) symbol[offset[length]++] = i; });
  return { count, symbol };
}

// `source` is a gzip member as our writer makes it: no name, no comment, no extra field.
function gunzip(source) {
  if (source[0] !== 0x1f || source[1] !== 0x8b || source[3] !== 0) throw new Error("not a gzip stream");
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const target = new Uint8Array(view.getUint32(source.length - 4, true));
  let at = 10, to = 0, held = 0, heldCount = 0;

  const bits = (need) => {
    while (heldCount < need) { held |= source[at++] << heldCount; heldCount += 8; }
    const value = held & ((1 << need) - 1);
    held >>>= need;
    heldCount -= need;
    return value;
  };
  const decode = (table) => {
    let code = 0, first = 0, index = 0;
    for (let length = 1; length < 16; length += 1) {
      code |= bits(1);
      const count = table.count[length];
      if (code - count < first) return table.symbol[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error("broken gzip stream");
  };
  const dynamicTables = () => {
    const literals = bits(5) + 257, distances = bits(5) + 1, codes = bits(4) + 4;
    const lengths = new Array(19).fill(0);
    for (let i = 0; i < codes; i += 1) lengths[CODE_ORDER[i]] = bits(3);
    const table = huffman(lengths), all = [];
    while (all.length < literals + distances) {
      const symbol = decode(table);
      if (symbol < 16) { all.push(symbol); continue; }
      const value = symbol === 16 ? all[all.length - 1] : 0;
      let repeat = symbol === 16 ? 3 + bits(2) : symbol === 17 ? 3 + bits(3) : 11 + bits(7);
      while (repeat--) all.push(value);
    }
    return [huffman(all.slice(0, literals)), huffman(all.slice(literals))];
  };
  const fixedTables = () => {
    const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
    return [huffman(lengths), huffman(new Array(30).fill(5))];
  };

  for (let last = 0; !last;) {
    last = bits(1);
    const kind = bits(2);
    if (kind === 0) {
      held = heldCount = 0;
      const length = source[at] | (source[at + 1] << 8);
      target.set(source.subarray(at + 4, at + 4 + length), to);
      at += 4 + length;
      to += length;
      continue;
    }
    const [literals, distances] = kind === 1 ? fixedTables() : dynamicTables();
    for (let symbol = decode(literals); symbol !== 256; symbol = decode(literals)) {
      if (symbol < 256) { target[to++] = symbol; continue; }
      let length = LENGTH_BASE[symbol - 257] + bits(LENGTH_BITS[symbol - 257]);
      const code = decode(distances);
      let from = to - DISTANCE_BASE[code] - bits(DISTANCE_BITS[code]);
      while (length--) target[to++] = target[from++];
    }
  }
  return target;
}
