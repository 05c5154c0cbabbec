// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.gguf.block.BlockType;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The name of a GGUF type that awp writes, in letters of either case; and all of them. */
public final class WrittenType implements ITypeConverter<BlockType>, Iterable<String> {
  private static Stream<BlockType> types() {
    return Arrays.stream(BlockType.values()).filter(BlockType::isWritable);
  }

  @Override
  public Iterator<String> iterator() {
    return types().map(Enum::name).iterator();
  }

  @Override
  public BlockType convert(String value) {
    return types()
        .filter(type -> type.name().equalsIgnoreCase(value))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "awp does not write %s; what it writes: %s"
                        .formatted(value, String.join(", ", this))));
  }
}
