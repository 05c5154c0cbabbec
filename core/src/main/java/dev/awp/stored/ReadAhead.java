// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads tensors' bytes in the background, so that the operating system has them in its cache when
 * they are decoded: a block's weights come from the disk while the block before it is solved. The
 * process itself keeps nothing of them. Nothing depends on it but time.
 */
public final class ReadAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);
  private static final int PIECE = 1 << 20;

  private final ExecutorService reader =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "awp-read-ahead");
            thread.setDaemon(true);
            return thread;
          });

  /** Begins to read; returns at once. Whoever wants to know waits for the future. */
  public Future<?> fetch(List<? extends StoredTensor> tensors) {
    return reader.submit(
        () -> tensors.stream().flatMap(tensor -> tensor.parts().stream()).forEach(ReadAhead::read));
  }

  private static void read(TensorView tensor) {
    try (FileChannel channel = FileChannel.open(tensor.file(), StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(PIECE);
      long end = tensor.fileOffset() + tensor.data().byteSize();
      for (long at = tensor.fileOffset(); at < end && !Thread.interrupted(); ) {
        buffer.clear().limit((int) Math.min(PIECE, end - at));
        int read = channel.read(buffer, at);
        if (read < 0) {
          return;
        }
        at += read;
      }
    } catch (IOException e) {
      // Whoever decodes the tensor will meet the same failure and name it.
      LOG.debug("{} was not read ahead", tensor.name(), e);
    }
  }

  /** Stops reading. */
  @Override
  public void close() {
    reader.shutdownNow();
  }
}
