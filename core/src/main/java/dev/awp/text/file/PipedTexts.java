// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import dev.awp.AwpException;
import dev.awp.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Texts that come through a pipe, kept in scratch files: what is read twice, and has a checksum, is
 * then what came. Closing removes them.
 */
public final class PipedTexts implements AutoCloseable {
  /** What a text from a pipe is called: the pipe's own name is another in every run. */
  public static final String NAME = "pipe";

  /** How long a pipe may have nobody at its other end. */
  private static final Duration WAIT = Duration.ofSeconds(5);

  private final Progress progress;
  private final Duration wait;
  private final Map<Path, Path> kept = new HashMap<>();

  public PipedTexts(Progress progress) {
    this(progress, WAIT);
  }

  PipedTexts(Progress progress, Duration wait) {
    this.progress = progress;
    this.wait = wait;
  }

  /**
   * The same texts, those from pipes replaced by files that hold what came through them. A pipe is
   * read once, however often it is named.
   *
   * @throws AwpException where nothing writes to one
   */
  public List<Path> keep(List<Path> texts) {
    return texts.stream().map(this::keep).toList();
  }

  private Path keep(Path text) {
    if (!isPipe(text)) {
      return text;
    }
    Path known = kept.get(text);
    if (known == null) {
      progress.step("reading the pipe " + text);
      known = copy(text);
      kept.put(text, known);
    }
    return known;
  }

  private static boolean isPipe(Path text) {
    try {
      return text.getFileSystem().supportedFileAttributeViews().contains("unix")
          && ((Integer) Files.getAttribute(text, "unix:mode") & 0xf000) == 0x1000;
    } catch (IOException | UnsupportedOperationException e) {
      return false; // whoever reads it says so
    }
  }

  private Path copy(Path pipe) {
    Path folder;
    try {
      folder = Files.createTempDirectory("awp-pipe-");
    } catch (IOException e) {
      throw new AwpException("no folder for what comes through %s can be made".formatted(pipe), e);
    }
    Path file = folder.resolve(NAME);
    folder.toFile().deleteOnExit();
    file.toFile().deleteOnExit();
    try (InputStream content = opened(pipe)) {
      Files.copy(content, file);
      return file;
    } catch (IOException e) {
      remove(file);
      throw new AwpException(
          "%s: what comes through it cannot be kept in %s: %s"
              .formatted(pipe, file, e.getMessage()),
          e);
    } catch (AwpException e) {
      remove(file);
      throw e;
    }
  }

  /** Opening a pipe waits until somebody opens its other end, so another thread does. */
  private InputStream opened(Path pipe) throws IOException {
    CompletableFuture<InputStream> opened = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                opened.complete(Files.newInputStream(pipe));
              } catch (IOException e) {
                opened.completeExceptionally(e);
              }
            });
    try {
      return opened.get(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      release(pipe);
      throw new AwpException(
          "%s: is a FIFO that nothing writes to: start what writes to it before".formatted(pipe),
          e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AwpException(pipe + ": reading it was interrupted", e);
    }
  }

  /** Opens the other end for a moment, so that the thread which waits for one comes to its end. */
  private static void release(Path pipe) {
    try (RandomAccessFile both = new RandomAccessFile(pipe.toFile(), "rw")) {
      both.getChannel().isOpen();
    } catch (IOException e) {
      return; // the thread is a daemon, and waits on
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.getParent());
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    kept.values().forEach(PipedTexts::remove);
    kept.clear();
  }
}
