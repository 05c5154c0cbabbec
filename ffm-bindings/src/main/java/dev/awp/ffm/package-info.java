/**
 * OpenBLAS behind core's {@link dev.awp.blas.Blas} seam, through the Foreign Function and Memory
 * API: found, checked and loaded by {@link dev.awp.ffm.NativeLibrary}, called on matrices by {@link
 * dev.awp.ffm.OpenBlas}.
 */
package dev.awp.ffm;
