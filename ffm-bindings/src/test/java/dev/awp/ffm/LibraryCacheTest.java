// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.BlasProvider.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LibraryCacheTest {
  private static final Bundle WHOLE =
      Bundle.of("openblas", Platform.current().orElseThrow()).orElseThrow();

  /** One small library, to be quick. */
  private static final Bundle SMALL =
      new Bundle("openblas", WHOLE.name(), WHOLE.platform(), List.of(WHOLE.libraries().getFirst()));

  @TempDir private Path folder;

  private Path cached() {
    return folder.resolve(SMALL.name(), SMALL.libraries().getFirst().file());
  }

  @Test
  void filesThatAreRightAreLeftAlone() throws Exception {
    LibraryCache cache = new LibraryCache(folder);
    assertEquals(folder.resolve(SMALL.name()), cache.provide(SMALL));
    Object before = Files.readAttributes(cached(), "*").get("fileKey");
    var modified = Files.getLastModifiedTime(cached());
    cache.provide(SMALL);
    assertEquals(before, Files.readAttributes(cached(), "*").get("fileKey"));
    assertEquals(modified, Files.getLastModifiedTime(cached()));
  }

  @Test
  void manyThreadsMayFillItAtOnce() throws Exception {
    List<Callable<Path>> tasks =
        Stream.<Callable<Path>>generate(() -> () -> new LibraryCache(folder).provide(SMALL))
            .limit(16)
            .toList();
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      for (Future<Path> future : executor.invokeAll(tasks)) {
        assertEquals(folder.resolve(SMALL.name()), future.get());
      }
    }
    try (Stream<Path> files = Files.list(folder.resolve(SMALL.name()))) {
      assertEquals(List.of(cached()), files.toList());
    }
  }

  @Test
  void aJarWithOtherBytesIsRefusedAndNothingIsLeft() throws IOException {
    Bundle.Library real = SMALL.libraries().getFirst();
    String sum = "0".repeat(64);
    Bundle other =
        new Bundle(
            "openblas", "other", SMALL.platform(), List.of(new Bundle.Library(real.file(), sum)));
    assertEquals(
        "%s on the class path is not the one that awp was built for: its SHA-256 is %s, not %s"
            .formatted(real.file(), real.sha256(), sum),
        assertThrows(UnavailableException.class, () -> new LibraryCache(folder).provide(other))
            .getMessage());
    try (Stream<Path> files = Files.list(folder.resolve("other"))) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void aPlaceThatIsTakenByAFolderIsNamed() throws IOException {
    Files.createDirectories(cached().resolve("in the way"));
    String message =
        assertThrows(UnavailableException.class, () -> new LibraryCache(folder).provide(SMALL))
            .getMessage();
    assertTrue(message.startsWith(cached() + " cannot be written to the cache ("), message);
    assertTrue(message.endsWith("); -Dawp.cache names another folder"), message);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theDefaultFollowsTheSystem() {
    Map<String, String> linux = Map.of("os.name", "Linux", "user.home", "/home/u");
    assertRoot("/home/u/.cache/awp", linux, Map.of());
    assertRoot("/var/c/awp", linux, Map.of("XDG_CACHE_HOME", "/var/c"));
    assertRoot("/home/u/.cache/awp", linux, Map.of("XDG_CACHE_HOME", ""));
    assertRoot("/home/u/.cache/awp", linux, Map.of("XDG_CACHE_HOME", "relative"));
    Map<String, String> mac = Map.of("os.name", "Mac OS X", "user.home", "/Users/u");
    assertRoot("/Users/u/Library/Caches/awp", mac, Map.of("XDG_CACHE_HOME", "/var/c"));
    Map<String, String> windows = Map.of("os.name", "Windows 11", "user.home", "/u");
    assertRoot("/u/AppData/Local/awp", windows, Map.of());
    assertRoot("/local/awp", windows, Map.of("LOCALAPPDATA", "/local"));
    Map<String, String> named =
        Map.of("os.name", "Linux", "user.home", "/home/u", "awp.cache", "/elsewhere");
    assertRoot("/elsewhere", named, Map.of("XDG_CACHE_HOME", "/var/c"));
  }

  private static void assertRoot(
      String expected, Map<String, String> properties, Map<String, String> environment) {
    assertEquals(Path.of(expected), LibraryCache.defaultRoot(properties, environment));
  }
}
