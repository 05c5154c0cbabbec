// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of docs/library.md compiles and runs. */
class LibraryPageTest {
  private static final Pattern PROGRAM =
      Pattern.compile("```java\\n(.*?class (\\w+) .*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void theProgramOfThePageRuns() throws Exception {
    // The working folder of a module's tests is the module.
    Matcher page = PROGRAM.matcher(Files.readString(Path.of("..", "docs", "library.md")));
    assertTrue(page.find(), "the page has no Java program");
    Path source = folder.resolve(page.group(2) + ".java");
    Files.writeString(source, page.group(1));
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    var compiler = ToolProvider.getSystemJavaCompiler();
    assertNotNull(compiler, "the tests run on a JDK");
    int result =
        compiler.run(
            null,
            messages,
            messages,
            "-Xlint:all,-processing,-path,-classfile",
            "-proc:none",
            "-Werror",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            folder.toString(),
            source.toString());
    assertEquals(0, result, messages.toString(StandardCharsets.UTF_8));
    new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16).write(folder.resolve("model"));
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words. ".repeat(300));
    String printed = run(page.group(2), folder.resolve("model"), folder.resolve("out"), text);
    assertTrue(printed.contains("relative error"), printed);
    assertTrue(printed.contains("model.layers.0.mlp.down_proj"), printed);
    assertTrue(Files.exists(folder.resolve("out").resolve("report.html")));
  }

  private String run(String name, Path... paths) throws Exception {
    String[] arguments = new String[paths.length];
    for (int i = 0; i < paths.length; i++) {
      arguments[i] = paths[i].toString();
    }
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    URL[] classes = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader());
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
