// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.gguf.block.BlockType;
import dev.awp.recipe.BlockChoice;
import java.util.Iterator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The name of a type of four-bit numbers in floating point, in letters of either case. */
public final class FloatType implements ITypeConverter<BlockType>, Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return BlockChoice.FLOATS.stream().map(BlockType::name).iterator();
  }

  @Override
  public BlockType convert(String value) {
    return BlockChoice.FLOATS.stream()
        .filter(type -> type.name().equalsIgnoreCase(value))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "the types are %s, not %s; --gguf-type has more for the format gguf"
                        .formatted(String.join(", ", this), value)));
  }
}
