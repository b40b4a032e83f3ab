/// Just enough of PNG to look at what a browser drew.
module Png

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression

type Picture = {
    Width: int
    Height: int
    /// Red, green and blue of each pixel, row by row.
    Pixels: struct (byte * byte * byte)[]
}

let private paeth (a: int) (b: int) (c: int) =
    let p = a + b - c
    let pa, pb, pc = abs (p - a), abs (p - b), abs (p - c)

    if pa <= pb && pa <= pc then a
    elif pb <= pc then b
    else c

/// Reads eight-bit RGB or RGBA without interlacing, which is what Chromium writes.
let read (bytes: byte[]) : Picture =
    let int32At (offset: int) =
        BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(bytes, offset, 4))

    let width, height = int32At 16, int32At 20
    let channels = if bytes[25] = 6uy then 4 else 3

    let rec chunks offset = [
        if offset < bytes.Length then
            let length = int32At offset

            if Text.Encoding.ASCII.GetString(bytes, offset + 4, 4) = "IDAT" then
                bytes[offset + 8 .. offset + 7 + length]

            yield! chunks (offset + 12 + length)
    ]

    use packed =
        new ZLibStream(new MemoryStream(Array.concat (chunks 8)), CompressionMode.Decompress)

    use unpacked = new MemoryStream()
    packed.CopyTo unpacked
    let raw = unpacked.ToArray()
    let stride = width * channels
    let image = Array.zeroCreate<byte>(height * stride)

    for y in 0 .. height - 1 do
        for x in 0 .. stride - 1 do
            let left =
                if x >= channels then
                    int image[y * stride + x - channels]
                else
                    0

            let above = if y > 0 then int image[(y - 1) * stride + x] else 0

            let corner =
                if x >= channels && y > 0 then
                    int image[(y - 1) * stride + x - channels]
                else
                    0

            let guess =
                match raw[y * (stride + 1)] with
                | 0uy -> 0
                | 1uy -> left
                | 2uy -> above
                | 3uy -> (left + above) / 2
                | _ -> paeth left above corner

            image[y * stride + x] <- byte (int raw[y * (stride + 1) + 1 + x] + guess)

    {
        Width = width
        Height = height
        Pixels =
            Array.init (width * height) (fun i ->
                struct (image[i * channels], image[i * channels + 1], image[i * channels + 2]))
    }
