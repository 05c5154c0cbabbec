// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

/**
 * IQ4_NL, MXFP4 and NVFP4: the scales of a block's groups, then for each group bytes whose low
 * nibbles are its first half, and whose high ones its second.
 *
 * @param scales how a scale is stored
 * @param groups of a block
 */
public record LevelBlocks(ScaleBytes scales, int groups) implements BlockCodec {
  @Override
  public void pack(BlockRow row, byte[] bytes) {
    int group = row.grid().groupColumns();
    int size = groups * (scales.size() + group / 2);
    for (int g = 0; g < row.scales().length; g++) {
      int block = g / groups * size;
      int within = g % groups;
      scales.put(row.scales()[g], bytes, block + within * scales.size());
      int at = block + groups * scales.size() + within * group / 2;
      Nibbles.pack(row, g * group, bytes, at, group / 2);
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    int group = row.grid().groupColumns();
    int size = groups * (scales.size() + group / 2);
    for (int g = 0; g < row.scales().length; g++) {
      int block = g / groups * size;
      int within = g % groups;
      row.scales()[g] = scales.get(bytes, block + within * scales.size());
      int at = block + groups * scales.size() + within * group / 2;
      Nibbles.unpack(bytes, at, group / 2, row, g * group);
    }
  }
}
