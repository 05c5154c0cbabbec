// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.gguf.block.BlockType;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The name of a type of four-bit numbers in floating point, in letters of either case. */
final class FloatType implements ITypeConverter<BlockType>, Iterable<String> {
  private static final List<BlockType> TYPES = List.of(BlockType.NVFP4, BlockType.MXFP4);

  @Override
  public Iterator<String> iterator() {
    return TYPES.stream().map(BlockType::name).iterator();
  }

  @Override
  public BlockType convert(String value) {
    return TYPES.stream()
        .filter(type -> type.name().equalsIgnoreCase(value))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "the types are %s, not %s; --gguf-type has more for the format gguf"
                        .formatted(String.join(", ", this), value)));
  }
}
