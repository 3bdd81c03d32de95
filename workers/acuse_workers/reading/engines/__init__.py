"""The engines that find text in a picture, behind one port: Tesseract here, PP-OCR in a process."""
