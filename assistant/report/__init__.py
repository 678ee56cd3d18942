"""Answers → what goes into a report: references in the styles of the trade, and files with their footnotes.

Answer → Entry ┐                     ┌ styles (CSL)  ┐
               ├ numbered → Note … → ┤               ├ Document → Markdown · HTML · DOCX · PDF
Answer → Entry ┘                     └ Reference     ┘
                                        └ BibTeX · RIS · CSL-JSON
"""
