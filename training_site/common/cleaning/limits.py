"""What an uploaded file may cost. Bytes are bytes, times are seconds, edges are pixels."""

MEGABYTE = 1_000_000

# What the rules promise for photographs: 30 MB, 50 megapixels, one frame; kept at 4,000 pixels.
PHOTO_BYTES = 30 * MEGABYTE
PHOTO_PIXELS = 50_000_000
LONG_EDGE = 4_000

# A tablet's screen, a phone's screen, a list. The smallest is the one that likeness hashes are made from.
RENDITION_EDGES = (1_600, 800, 320)
CLEANED_QUALITY = 90
RENDITION_QUALITY = 85

PDF_BYTES = 10 * MEGABYTE
PDF_PAGES = 20

# One child's address space. Twelve megapixels need 300 MB of it (200 resident); a 33-megapixel ten-bit
# camera HIF, the dearest honest picture met, 664 MB. A WebP near 50 megapixels needs more and is refused.
MEMORY_BYTES = 704 * 1024 * 1024
CPU_SECONDS = 8
WALL_SECONDS = 10
# Requests wait for their turn no longer than a patient browser does.
QUEUE_SECONDS = 60
# A fresh child after so many files or so long a pause: nothing builds up, and an idle site holds no memory.
FILES_PER_CHILD = 200
IDLE_SECONDS = 120
# More than any honest answer: a cleaned original and its renditions.
ANSWER_BYTES = 40 * MEGABYTE
