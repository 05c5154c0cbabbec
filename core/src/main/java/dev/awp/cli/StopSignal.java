// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.compress.CompressionListener;
import dev.awp.report.LayerReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM during a compression. Finished layers are on the disk already; the run gets
 * the rest of a second to end by itself, and then the JVM ends with the signal's exit code. A
 * listener in front of the display, because what it says depends on what was saved.
 */
final class StopSignal implements CompressionListener, AutoCloseable {
  private static final long PATIENCE_MILLIS = 700;

  private final PrintWriter err;
  private final CompressionListener display;
  private final Thread run = Thread.currentThread();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "awp-stop");
  private volatile String saved = "no layer was finished yet";

  private StopSignal(PrintWriter err, CompressionListener display) {
    this.err = err;
    this.display = display;
  }

  /** From now on, until {@link #close}, a signal stops the run of the calling thread. */
  static StopSignal listen(PrintWriter err, CompressionListener display) {
    StopSignal signal = new StopSignal(err, display);
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  private void stop() {
    run.interrupt();
    try {
      var _ = ended.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    err.println("awp: stopped; " + saved);
    err.flush();
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // it is running
    }
  }

  @Override
  public void saved(int layers, Path folder) {
    saved =
        "%s layers are saved in %s, and the same command goes on after them"
            .formatted(layers, folder);
  }

  @Override
  public void planned(int blocks, int layers, long work) {
    display.planned(blocks, layers, work);
  }

  @Override
  public void restored(int layers, long work) {
    display.restored(layers, work);
  }

  @Override
  public void step(String what) {
    display.step(what);
  }

  @Override
  public void iteration(String layer, int iteration, double relativeError) {
    display.iteration(layer, iteration, relativeError);
  }

  @Override
  public void layerFinished(int block, LayerReport layer, long work) {
    display.layerFinished(block, layer, work);
  }
}
