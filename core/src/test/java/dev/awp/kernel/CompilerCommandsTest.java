// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** HotSpot ignores a command whose method is gone or misspelled; this does not. */
@Tag("kernel")
class CompilerCommandsTest {
  private static final Path COMMANDS = Path.of("..", "scripts", "kernels.jit");
  private static final String COMMAND = "dontinline ";

  @Test
  void everyCommandNamesAMethodThatExists() throws IOException, ClassNotFoundException {
    List<String> commands =
        Files.readAllLines(COMMANDS).stream().filter(line -> line.startsWith(COMMAND)).toList();
    assertTrue(commands.size() > 1, "no commands in " + COMMANDS);
    for (String command : commands) {
      String[] names = command.substring(COMMAND.length()).split("::", -1);
      Class<?> kernels = Class.forName(names[0], false, getClass().getClassLoader());
      assertTrue(
          Arrays.stream(kernels.getDeclaredMethods()).anyMatch(m -> m.getName().equals(names[1])),
          command);
    }
  }
}
