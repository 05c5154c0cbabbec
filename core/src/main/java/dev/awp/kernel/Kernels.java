// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

/**
 * The list of what must be fast, in six families. Every family has a scalar implementation, which
 * defines it, and a Vector API implementation, which speeds it; property tests hold one against the
 * other.
 *
 * <p>Conventions of all kernels: arguments are off-heap segments sliced to exactly the elements
 * that are meant, float32 in the machine's byte order unless said otherwise; the number of elements
 * is taken from them, and segments that should be equally long and are not are refused with an
 * IllegalArgumentException before anything is written. An output may be the same segment as an
 * input, but must not overlap one partly. Kernels are single-threaded, hold no state and allocate
 * nothing that grows with n, so any thread may call them on its own rows.
 *
 * @param name "scalar", or "vector" with the width in bits, such as "vector-512"
 */
public record Kernels(
    String name,
    ConversionKernels conversion,
    ArithmeticKernels arithmetic,
    SelectionKernels selection,
    GridKernels grid,
    NetworkKernels network,
    BeamKernels beam) {}
